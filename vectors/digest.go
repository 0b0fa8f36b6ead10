package vectors

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
)

var sha256RE = regexp.MustCompile(`^[0-9a-f]{64}$`)

// digest checks the digest of a generated file, and that no other file has one.
// It comes last and only where nothing else is wrong, so that a slip is reported
// as what it is.
func (s *source) digest(root, n *node, fam *family) {
	switch {
	case !fam.generated:
		if n != nil {
			n.fail("is for generated files")
		}
		return
	case !root.has(map[string]*node{"sha256": n}, "sha256"):
		return
	}
	given, ok := n.matching(sha256RE, "64 lower-case hex digits")
	if !ok || len(s.faults) > 0 {
		return
	}
	if want := Digest(s.data); given != want {
		n.fail("is %s, but the rest of the file has %s: a generated file is not edited but generated anew", given, want)
	}
}

// digestLine is the line that a digest does not cover.
const digestLine = "  \"sha256\": "

// Digest returns the SHA-256 of a file of vectors without its line "sha256", in
// hex. It is what that line is to say in the file of a generated family.
func Digest(data []byte) string {
	h := sha256.New()
	for line := range bytes.Lines(data) {
		if !bytes.HasPrefix(line, []byte(digestLine)) {
			h.Write(line)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Seal returns a file of vectors in its canonical form with the right digest.
func Seal(data []byte) ([]byte, error) {
	canonical, err := Format(data)
	if err != nil {
		return nil, err
	}
	at := bytes.Index(canonical, []byte("\n"+digestLine))
	if at < 0 {
		return nil, errors.New("vectors: the file has no field sha256")
	}
	line := canonical[at+1:]
	end := bytes.IndexByte(line, '\n')
	sealed := append(bytes.Clone(canonical[:at+1]), fmt.Sprintf("%s%q,", digestLine, Digest(canonical))...)
	return append(sealed, line[end:]...), nil
}
