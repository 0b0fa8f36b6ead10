package selftest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A Cache keeps which mutants were caught, and by what, from one run to the next. A
// result counts for as long as all that it depends on is the same, octet for octet: the
// judge, the sources of the reference peer as the mutant leaves them, the go command
// that builds them and the time scale. Survivors are not kept: they are judged again.
type Cache struct {
	dir   string
	fixed string            // the hash of what all mutants have in common
	files map[string]string // the hash of each source, by its name below the root
	root  string
}

// cacheForm changes with the meaning of what is kept.
const cacheForm = "vstp-kill/1"

// NewCache opens the cache in dir for mutants of the checkout at root that the program
// judge judges at a time scale. The directory is made when the first result is kept.
func NewCache(dir, root, judge string, timeScale float64) (*Cache, error) {
	judgeSum, err := fileSum(judge)
	if err != nil {
		return nil, err
	}
	goCmd, err := goCommand()
	if err != nil {
		return nil, ErrNoCheckout
	}
	goEnv := exec.Command(goCmd, "env", "GOVERSION", "GOOS", "GOARCH", "GOFLAGS", "CGO_ENABLED", "GOEXPERIMENT")
	goEnv.Dir = root
	env, err := goEnv.Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	c := &Cache{
		dir: dir, root: root, files: map[string]string{},
		fixed: sum(cacheForm, judgeSum, string(env), fmt.Sprint(timeScale)),
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		if c.files[name], err = fileSum(filepath.Join(root, name)); err != nil {
			return nil, err
		}
	}
	err = filepath.WalkDir(filepath.Join(root, "ref"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		c.files[filepath.ToSlash(name)], err = fileSum(path)
		return err
	})
	return c, err
}

// key is the name under which the result of a mutant is kept.
func (c *Cache) key(m Mutant) (string, error) {
	source, err := m.Apply(c.root)
	if err != nil {
		return "", err
	}
	parts := []string{c.fixed, m.Name, m.Requirement, m.Role, strings.Join(m.Args, "\x00")}
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		hash := c.files[name]
		if name == m.File {
			hash = sum(string(source))
		}
		parts = append(parts, name, hash)
	}
	return sum(parts...), nil
}

// A kept result is what is in a file of the cache.
type kept struct {
	Form    string   `json:"form"`
	Mutant  string   `json:"mutant"`
	Killers []string `json:"killers"`
	Blame   Blame    `json:"blame"`
}

// Get returns the result that was kept for a mutant. What cannot be read is not there.
func (c *Cache) Get(m Mutant) (MutantResult, bool) {
	key, err := c.key(m)
	if err != nil {
		return MutantResult{}, false
	}
	text, err := os.ReadFile(c.file(key))
	if err != nil {
		return MutantResult{}, false
	}
	var k kept
	if json.Unmarshal(text, &k) != nil || k.Form != cacheForm || k.Mutant != m.Name || len(k.Killers) == 0 {
		return MutantResult{}, false
	}
	return MutantResult{Mutant: m, Killers: k.Killers, Blame: k.Blame, Cached: true}, true
}

// Put keeps the result of a mutant that was caught; one that was not is left out.
func (c *Cache) Put(r MutantResult) error {
	if !r.Killed() {
		return nil
	}
	key, err := c.key(r.Mutant)
	if err != nil {
		return err
	}
	text, err := json.Marshal(kept{cacheForm, r.Mutant.Name, r.Killers, r.Blame})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return err
	}
	// Others may read the same file: it is there whole or not at all.
	part, err := os.CreateTemp(c.dir, "part-")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	_, err = part.Write(append(text, '\n'))
	if err2 := part.Close(); err == nil {
		err = err2
	}
	if err != nil {
		return err
	}
	return os.Rename(part.Name(), c.file(key))
}

func (c *Cache) file(key string) string { return filepath.Join(c.dir, key+".json") }

// sum is the hash of texts, each apart from the next.
func sum(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func fileSum(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
