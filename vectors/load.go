package vectors

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// specVersion is the version of the specification that the vectors are of.
const specVersion = "1.0"

var (
	nameRE        = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	requirementRE = regexp.MustCompile(`^[A-Z]{2,5}-[1-9][0-9]*$`)

	families = []string{FamilyFrame, FamilyVarint, FamilyString}
	origins  = []string{"hand", "forge"}
	tags     = []string{TagPrecedence, TagDecodeOnly, TagEncodeOnly}
)

// The fields of the format, in the order in which Format writes them.
var (
	fileFields      = []string{"schema", "spec", "family", "description", "tombstones", "vectors"}
	tombstoneFields = []string{"name", "reason", "renamed"}
	vectorFields    = []string{"name", "requirements", "comment", "origin", "tags", "octets", "limit", "expect"}
	expectFields    = []string{"result", "error", "needed", "consumed", "frame", "value", "text", "repeat"}
	frameFields     = []string{"version", "type", "flags", "headers", "payload"}
)

// LoadFS reads the files of vectors at the top of a file system: every *.json
// but *.schema.json. The error joins one *Error for every rule that is broken;
// to find no file, or a file without a vector, is an error too.
func LoadFS(fsys fs.FS) (Set, error) {
	names, err := familyFiles(fsys)
	if err != nil {
		return Set{}, err
	}
	set := Set{byID: map[string]int{}, renamed: map[string]string{}}
	var faults []error
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return Set{}, fmt.Errorf("vectors: %w", err)
		}
		src := &source{name: name, data: data}
		src.file(&set)
		faults = append(faults, src.faults...)
	}
	if err := errors.Join(faults...); err != nil {
		return Set{}, err
	}
	return set, nil
}

func familyFiles(fsys fs.FS) ([]string, error) {
	names, err := fs.Glob(fsys, "*.json")
	if err != nil {
		return nil, fmt.Errorf("vectors: %w", err)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return strings.HasSuffix(name, ".schema.json") })
	if len(names) == 0 {
		return nil, errors.New("vectors: there is no family file here (*.json beside *.schema.json)")
	}
	return names, nil
}

// file reads one family into set.
func (s *source) file(set *Set) {
	root, ok := s.root()
	if !ok {
		return
	}
	fields, ok := root.object(fileFields...)
	if !ok || !root.has(fields, fileFields...) {
		return
	}
	fields["schema"].oneOf(Schema)
	fields["spec"].oneOf(specVersion)
	fields["description"].sentence()
	family, ok := fields["family"].oneOf(families...)
	if !ok {
		return
	}
	if family+".json" != s.name {
		fields["family"].fail("family %q stands in file %s.json", family, family)
	}

	dead := s.tombstones(fields["tombstones"], family, set)
	elements, _ := fields["vectors"].array()
	if len(elements) == 0 {
		fields["vectors"].fail("there is no vector")
	}
	seen := map[string]bool{}
	for _, element := range elements {
		v, name := s.readVector(element, family)
		switch {
		case v.Name == "":
		case dead[v.Name]:
			name.fail("the name is among the tombstones and is not to be used again")
		case seen[v.Name]:
			name.fail("the name is used twice")
		}
		seen[v.Name] = true
		s.vector = ""
		set.byID[v.ID()] = len(set.vectors)
		set.vectors = append(set.vectors, v)
	}
	s.renames(fields["tombstones"], family, set)
}

// tombstones reads the names that are not to be used again.
func (s *source) tombstones(n node, family string, set *Set) map[string]bool {
	dead := map[string]bool{}
	elements, _ := n.array()
	for _, element := range elements {
		fields, ok := element.object(tombstoneFields...)
		if !ok || !element.has(fields, "name", "reason") {
			continue
		}
		name, ok := fields["name"].matching(nameRE, "lower-case words joined by hyphens")
		if !ok {
			continue
		}
		if dead[name] {
			fields["name"].fail("there is a tombstone for %s already", name)
		}
		dead[name] = true
		fields["reason"].sentence()
		if now, ok := fields["renamed"]; ok {
			if to, ok := now.text(); ok {
				set.renamed[family+"/"+name] = family + "/" + to
			}
		}
	}
	return dead
}

// renames checks, once the vectors are known, that what was renamed is there
// under its new name.
func (s *source) renames(n node, family string, set *Set) {
	elements, _ := n.array()
	for _, element := range elements {
		fields, _ := element.object(tombstoneFields...)
		now, ok := fields["renamed"]
		if !ok {
			continue
		}
		if to, ok := now.text(); ok {
			if _, ok := set.byID[family+"/"+to]; !ok {
				now.fail("there is no vector %s", to)
			}
		}
	}
}

// readVector reads one vector and returns it with the place of its name.
func (s *source) readVector(n node, family string) (v Vector, name node) {
	n.path = ""
	s.vector = n.peekName()
	v.Family = family
	fields, ok := n.object(vectorFields...)
	if !ok {
		return v, n
	}
	if name, ok = fields["name"]; ok {
		v.Name, _ = name.matching(nameRE, "lower-case words joined by hyphens")
	}
	if !n.has(fields, "name", "requirements", "comment", "origin", "expect") {
		return v, name
	}

	v.Requirements = readRequirements(fields["requirements"])
	v.Comment = fields["comment"].sentence()
	v.Origin, _ = fields["origin"].oneOf(origins...)
	if given, ok := fields["tags"]; ok {
		v.Tags = readTags(given)
	}
	if given, ok := fields["octets"]; ok {
		v.Octets, ok = given.octets()
		if !ok {
			return v, name // nothing more can be said about a vector without octets
		}
	} else if !v.Has(TagEncodeOnly) {
		n.fail("lacks field octets")
		return v, name
	}
	if given, ok := fields["limit"]; ok {
		limit, _ := given.integer(15, maxLimit)
		v.Limit = int(limit)
	}
	v.read(n, fields)
	return v, name
}

// peekName finds a vector's name before its fields are checked, so that every
// fault among them can be reported with it.
func (n node) peekName() string {
	name := ""
	if n.kind() == "an object" {
		n.values(func(key string, value node) {
			if key == "name" && value.kind() == "a string" {
				name, _ = value.text()
			}
		})
	}
	return name
}

// maxLimit is the largest limit that a vector may set, so that every program can
// hold it in 32 bits.
const maxLimit = 1<<31 - 1

func readRequirements(n node) []string {
	ids, elements := n.texts()
	if len(elements) == 0 {
		n.fail("a vector is for at least one requirement")
	}
	for i, id := range ids {
		if !requirementRE.MatchString(id) {
			n.fail("%q is no requirement ID, such as FRM-6", id)
		}
		if slices.Contains(ids[:i], id) {
			n.fail("%s is given twice", id)
		}
	}
	return ids
}

func readTags(n node) []string {
	given, elements := n.texts()
	if len(elements) == 0 {
		n.fail("is empty; leave it out")
	}
	for i, tag := range given {
		if !slices.Contains(tags, tag) {
			n.fail("unknown tag %q; known: %s", tag, strings.Join(tags, ", "))
		}
		if slices.Contains(given[:i], tag) {
			n.fail("%s is given twice", tag)
		}
	}
	return given
}

// has tells whether all fields named are there.
func (n node) has(fields map[string]node, names ...string) bool {
	all := true
	for _, name := range names {
		if _, ok := fields[name]; !ok {
			n.fail("lacks field %s", name)
			all = false
		}
	}
	return all
}

func (n node) oneOf(allowed ...string) (string, bool) {
	s, ok := n.text()
	if ok && !slices.Contains(allowed, s) {
		n.fail("must be %s, not %q", strings.Join(allowed, " or "), s)
		return "", false
	}
	return s, ok
}

func (n node) matching(re *regexp.Regexp, form string) (string, bool) {
	s, ok := n.text()
	if ok && !re.MatchString(s) {
		n.fail("%q is not of the form: %s", s, form)
		return "", false
	}
	return s, ok
}

// sentence returns a text for people, which may not be empty.
func (n node) sentence() string {
	s, ok := n.text()
	if ok && strings.TrimSpace(s) == "" {
		n.fail("is empty")
	}
	return s
}
