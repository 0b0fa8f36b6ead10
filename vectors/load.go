package vectors

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// specVersion is the version of the specification that the vectors are of.
const specVersion = "1.0"

var (
	nameRE        = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	requirementRE = regexp.MustCompile(`^[A-Z]{2,5}-[1-9][0-9]*$`)

	origins = []string{"hand", "forge"}
	tags    = []string{TagPrecedence, TagDecodeOnly, TagEncodeOnly, TagCompression, TagNoCompression}
)

// The fields that every file, tombstone and vector has or may have.
var (
	fileFields      = []string{"schema", "spec", "family", "description", "tombstones", "vectors"}
	tombstoneFields = []string{"name", "reason", "renamed"}
	commonFields    = []string{"name", "requirements", "comment", "origin", "tags"}
)

// LoadFS reads the files of vectors at the top of a file system: every *.json
// but *.schema.json. The error joins one *Error for every rule that is broken;
// to find no file, or a file without a vector, is an error too.
func LoadFS(fsys fs.FS) (Set, error) {
	set, err := LoadSound(fsys)
	if err != nil {
		return Set{}, err
	}
	return set, nil
}

// LoadSound is LoadFS for those who look for faults: beside the error it returns
// the vectors that have none.
func LoadSound(fsys fs.FS) (Set, error) {
	names, err := familyFiles(fsys)
	if err != nil {
		return Set{}, err
	}
	sources := make([]*source, len(names))
	for i, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return Set{}, fmt.Errorf("vectors: %w", err)
		}
		sources[i] = &source{name: name, data: data, renamed: map[string]string{}}
	}
	// A judge loads all of this before it does anything else, so the files are read
	// side by side.
	var reading sync.WaitGroup
	for _, src := range sources {
		reading.Go(src.file)
	}
	reading.Wait()

	set := Set{byID: map[string]int{}, renamed: map[string]string{}}
	var faults []error
	total := 0
	for _, src := range sources {
		total += len(src.vectors)
	}
	set.vectors = make([]Vector, 0, total)
	for _, src := range sources {
		faults = append(faults, src.faults...)
		maps.Copy(set.renamed, src.renamed)
		for _, v := range src.vectors {
			if src.sound(v) {
				set.byID[v.ID()] = len(set.vectors)
				set.vectors = append(set.vectors, v)
			}
		}
	}
	return set, errors.Join(faults...)
}

// sound tells whether no fault was found in a vector.
func (s *source) sound(v Vector) bool {
	return v.Name != "" && !slices.ContainsFunc(s.faults, func(err error) bool {
		var fault *Error
		return errors.As(err, &fault) && fault.Vector == v.Name
	})
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

// file reads one family.
func (s *source) file() {
	root, ok := s.root()
	if !ok {
		return
	}
	fields, ok := root.object(slices.Concat(fileFields, []string{"sha256"})...)
	if !ok || !root.has(fields, fileFields...) {
		return
	}
	fields["schema"].oneOf(Schema)
	fields["spec"].oneOf(specVersion)
	fields["description"].sentence()
	name, ok := fields["family"].oneOf(Families()...)
	if !ok {
		return
	}
	fam := families[name]
	if name+".json" != s.name {
		fields["family"].fail("family %q stands in file %s.json", name, name)
	}

	dead := s.tombstones(fields["tombstones"], name)
	elements, _ := fields["vectors"].array()
	if len(elements) == 0 {
		fields["vectors"].fail("there is no vector")
	}
	s.vectors = make([]Vector, 0, len(elements))
	seen := map[string]bool{}
	for _, element := range elements {
		v, name := s.readVector(element, fam)
		switch {
		case v.Name == "":
		case dead[v.Name]:
			name.fail("the name is among the tombstones and is not to be used again")
		case seen[v.Name]:
			name.fail("the name is used twice")
		}
		seen[v.Name] = true
		s.vector = ""
		s.vectors = append(s.vectors, v)
	}
	s.renames(fields["tombstones"], seen)
	s.digest(root, fields["sha256"], fam)
}

// tombstones reads the names that are not to be used again.
func (s *source) tombstones(n *node, family string) map[string]bool {
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
				s.renamed[family+"/"+name] = family + "/" + to
			}
		}
	}
	return dead
}

// renames checks, once the vectors are known, that what was renamed is there
// under its new name.
func (s *source) renames(n *node, known map[string]bool) {
	elements, _ := n.array()
	for _, element := range elements {
		fields, _ := element.object(tombstoneFields...)
		now, ok := fields["renamed"]
		if !ok {
			continue
		}
		if to, ok := now.text(); ok {
			if !known[to] {
				now.fail("there is no vector %s", to)
			}
		}
	}
}

// readVector reads one vector and returns it with the place of its name.
func (s *source) readVector(n *node, fam *family) (v Vector, name *node) {
	n.top = true
	s.vector = n.peekName()
	v.Family = fam.name
	allowed := slices.Concat(commonFields, fam.inputs, fam.options)
	if !fam.events() {
		allowed = append(allowed, "expect")
	}
	fields, ok := n.object(allowed...)
	if !ok {
		return v, n
	}
	if name, ok = fields["name"]; ok {
		v.Name, _ = name.matching(nameRE, "lower-case words joined by hyphens")
	}
	required := []string{"name", "requirements", "comment", "origin"}
	if !fam.events() {
		required = append(required, "expect")
	}
	if !n.has(fields, required...) {
		return v, name
	}

	v.Requirements = readRequirements(fields["requirements"])
	v.Comment = fields["comment"].sentence()
	v.Origin, _ = fields["origin"].oneOf(origins...)
	if given, ok := fields["tags"]; ok {
		v.Tags = readTags(given, fam)
	}
	if limit, ok := fields["limit"]; ok {
		limit, _ := limit.integer(fam.leastLimit, maxLimit)
		v.Limit = int(limit)
	}
	if v.Has(TagEncodeOnly) && fam.inputs[0] == "octets" {
		if octets, ok := fields["octets"]; ok {
			octets.fail("a vector with the tag %s has no octets", TagEncodeOnly)
			return v, name
		}
	} else if !n.has(fields, fam.inputs...) {
		return v, name
	}
	// Nothing more can be said about a vector without its input.
	if octets, ok := fields["octets"]; ok {
		if v.Octets, ok = octets.octets(); !ok {
			return v, name
		}
	}
	if fam.input != nil && !fam.input(&v, fields) {
		return v, name
	}
	if fam.events() {
		v.Expect.Result = ResultEvents
		return v, name
	}
	v.expected(fields, fam)
	return v, name
}

// peekName finds a vector's name before its fields are checked, so that every
// fault among them can be reported with it.
func (n *node) peekName() string {
	name := ""
	if n.kind() == "an object" {
		for _, member := range n.nodes {
			if member.key == "name" && member.kind() == "a string" {
				name, _ = member.text()
			}
		}
	}
	return name
}

// maxLimit is the largest limit that a vector may set, so that every program can
// hold it in 32 bits.
const maxLimit = 1<<31 - 1

func readRequirements(n *node) []string {
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

func readTags(n *node, fam *family) []string {
	given, elements := n.texts()
	if len(elements) == 0 {
		n.fail("is empty; leave it out")
	}
	for i, tag := range given {
		switch {
		case !slices.Contains(tags, tag):
			n.fail("unknown tag %q; known: %s", tag, strings.Join(tags, ", "))
		case (tag == TagCompression || tag == TagNoCompression) && !fam.events():
			n.fail("%s is for the families reassembly and trace", tag)
		}
		if slices.Contains(given[:i], tag) {
			n.fail("%s is given twice", tag)
		}
	}
	return given
}

func (n *node) matching(re *regexp.Regexp, form string) (string, bool) {
	s, ok := n.text()
	if ok && !re.MatchString(s) {
		n.fail("%q is not of the form: %s", s, form)
		return "", false
	}
	return s, ok
}
