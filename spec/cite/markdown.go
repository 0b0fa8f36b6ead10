package cite

import "strings"

// markdown checks a Markdown file, fenced blocks and the comments in them
// included.
func (c *checker) markdown(data []byte) {
	var list paragraphs
	for i, text := range strings.Split(string(data), "\n") {
		list.add(i+1, strings.TrimPrefix(strings.TrimSpace(text), "//"))
	}
	c.paragraphs(list)
}
