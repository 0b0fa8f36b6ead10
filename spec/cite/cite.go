// Package cite checks that what a source tree says about the specification is
// true: every requirement that it cites exists, and every sentence that it
// quotes stands there word for word.
package cite

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// Fault is one citation that does not hold.
type Fault struct {
	File string // slash-separated, relative to the root of the tree
	Line int    // from 1
	Text string // what is wrong
}

func (f *Fault) Error() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Text) }

// Place is one citation of a requirement.
type Place struct {
	ID   string
	File string // slash-separated, relative to the root of the tree
	Line int    // from 1
}

// Report says what was looked at and what was found.
type Report struct {
	GoFiles, MarkdownFiles, FeatureFiles, VectorFiles int
	// Citations counts every mention of a requirement, Quotations those that
	// quote it.
	Citations, Quotations int
	// Places lists every citation, in the order in which the tree was read.
	Places []Place
	// Faults holds a *Fault for each citation that does not hold.
	Faults []error
}

// Check reads every Go, Markdown and .feature file and every vector file (JSON
// below a folder named vectors, schemas excepted) of a tree. Folders named
// testdata, and those whose name begins with a dot or an underscore, are passed
// over as the go command does.
//
// In Markdown and in comments of Go files [FRM-6] cites a requirement, [FRM-6, FRM-7] several,
// and a text of more than one word in double quotes right before the brackets
// quotes it: the quotation must be the sentence or a part of it that begins and
// ends with whole words. In feature files tags such as @FRM-6 cite, in vector files the
// members of lists named requirements.
//
// sentences maps the ID of each requirement to its sentence. The error is about
// reading the tree only.
func Check(fsys fs.FS, sentences map[string]string) (Report, error) {
	c := checker{sentences: sentences}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(name)
		if d.IsDir() {
			if name != "." && (base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
				return fs.SkipDir
			}
			return nil
		}
		read, count := c.reader(name)
		if read == nil {
			return nil
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		*count++
		c.file = name
		read(data)
		return nil
	})
	if err != nil {
		return Report{}, err
	}
	return c.report, nil
}

type checker struct {
	sentences map[string]string
	file      string
	report    Report
}

// reader chooses how a file is read, and the counter that it belongs to.
func (c *checker) reader(name string) (read func(data []byte), count *int) {
	switch path.Ext(name) {
	case ".go":
		return c.goFile, &c.report.GoFiles
	case ".md":
		return c.markdown, &c.report.MarkdownFiles
	case ".feature":
		return c.feature, &c.report.FeatureFiles
	case ".json":
		inVectors := strings.HasPrefix(name, "vectors/") || strings.Contains(name, "/vectors/")
		if inVectors && !strings.HasSuffix(name, ".schema.json") {
			return c.vectors, &c.report.VectorFiles
		}
	}
	return nil, nil
}

func (c *checker) fault(line int, format string, args ...any) {
	c.report.Faults = append(c.report.Faults, &Fault{File: c.file, Line: line, Text: fmt.Sprintf(format, args...)})
}

// cite notes one citation and says whether the requirement exists.
func (c *checker) cite(line int, id string) bool {
	c.report.Citations++
	c.report.Places = append(c.report.Places, Place{ID: id, File: c.file, Line: line})
	if _, ok := c.sentences[id]; !ok {
		c.fault(line, "cites %s, which no requirement has", id)
		return false
	}
	return true
}

var tagRE = regexp.MustCompile(`^@([A-Z]{3,4}-[0-9]+)$`)

func (c *checker) feature(data []byte) {
	for i, text := range strings.Split(string(data), "\n") {
		text = strings.TrimSpace(text)
		if !strings.HasPrefix(text, "@") {
			continue
		}
		for _, word := range strings.Fields(text) {
			if strings.HasPrefix(word, "#") {
				break
			}
			if m := tagRE.FindStringSubmatch(word); m != nil {
				c.cite(i+1, m[1])
			}
		}
	}
}
