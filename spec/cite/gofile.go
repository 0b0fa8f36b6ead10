package cite

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"strings"
)

// goFile checks the comments of a Go file.
func (c *checker) goFile(data []byte) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, c.file, data, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		line, text := 1, err.Error()
		if list := scanner.ErrorList(nil); errors.As(err, &list) && len(list) > 0 {
			line, text = list[0].Pos.Line, list[0].Msg
		}
		c.fault(line, "not a Go file: %s", text)
		return
	}
	for _, group := range f.Comments {
		var list paragraphs
		for _, comment := range group.List {
			line := fset.Position(comment.Pos()).Line
			for i, text := range strings.Split(commentText(comment), "\n") {
				list.add(line+i, text)
			}
		}
		c.paragraphs(list)
	}
}

func commentText(comment *ast.Comment) string {
	if s, ok := strings.CutPrefix(comment.Text, "//"); ok {
		return s
	}
	return strings.TrimSuffix(strings.TrimPrefix(comment.Text, "/*"), "*/")
}
