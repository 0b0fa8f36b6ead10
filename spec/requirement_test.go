package spec_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vstp-project/vstp/spec"
)

func fixture(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return string(data)
}

func TestParseTextReadsEveryPart(t *testing.T) {
	got, err := spec.ParseText(fixture(t, "good.md"))
	require.NoError(t, err)
	assert.Equal(t, []spec.Requirement{
		{
			ID: "FRM-6", Level: "MUST", Profile: "core",
			Roles: []string{"server", "client"}, Transports: []string{"tcp"},
			Text:     "A receiver MUST find the start of the next frame by length arithmetic alone, never by searching for MAGIC.",
			Section:  "3. Frame layout",
			Testable: true,
		},
		{
			ID: "HDR-1", Level: "MUST NOT", Profile: "strict",
			Roles: []string{"codec"}, Transports: []string{},
			Text:    "Each key and HDR_LEN MUST NOT be wider than 2 * 4 octets, as the table and [FRM-6] say.",
			Section: "3.1 The header section",
			Reason:  "the encoder refuses it before anything is sent",
		},
	}, got)
}

func TestParseTextDoesNotDependOnLineEnds(t *testing.T) {
	text := fixture(t, "good.md")
	want, err := spec.ParseText(text)
	require.NoError(t, err)
	got, err := spec.ParseText(strings.ReplaceAll(text, "\n", "\r\n"))
	require.NoError(t, err)
	assert.Equal(t, want, got)
}

func TestParseTextReportsEachFault(t *testing.T) {
	const (
		good = "> **[FRM-1]** A frame MUST be good.\n> *core · server · tcp*\n"
		meta = "\n> *core · server · tcp*\n"
	)
	for name, c := range map[string]struct{ md, want string }{
		"no requirement": {"# Empty\n", "line 1: holds no requirement at all"},
		"duplicate ID":   {good + "\n" + good, "line 4: FRM-1 is already defined in line 1"},
		"prefix without number": {
			"> **[FRM-x]** A frame MUST be good." + meta,
			`line 1: ID "FRM-x" is not three or four capital letters, a hyphen and a number`,
		},
		"leading zero": {
			"> **[FRM-01]** A frame MUST be good." + meta,
			`line 1: ID "FRM-01" is not three or four capital letters, a hyphen and a number`,
		},
		"lower-case prefix": {
			"> **[frm-1]** A frame MUST be good." + meta,
			`line 1: ID "frm-1" is not three or four capital letters, a hyphen and a number`,
		},
		"ID left open": {
			"> **[FRM-1** A frame MUST be good." + meta,
			"line 1: a requirement begins with its ID in this form: **[FRM-6]**",
		},
		"ID in bold in prose": {
			good + "\n**[FRM-2]** A frame is good.\n",
			"line 4: FRM-2 stands in bold outside the beginning of a blockquote of its own",
		},
		"ID in bold in a list": {
			good + "\n- **[FRM-2]** A frame is good.\n",
			"line 4: FRM-2 stands in bold outside the beginning of a blockquote of its own",
		},
		"two in one blockquote": {
			"> **[FRM-1]** A frame MUST be good.\n> *core · server · tcp*\n> **[FRM-2]** A frame MUST be bad." + meta,
			"line 3: the blockquote of FRM-1 holds a second requirement",
		},
		"no key word": {
			"> **[FRM-1]** A frame must be good." + meta,
			"line 1: FRM-1 has no key word (MUST, MUST NOT, SHOULD, SHOULD NOT or MAY in upper case)",
		},
		"two key words": {
			"> **[FRM-1]** A frame MUST be good\n> and SHOULD\n> NOT be long." + meta,
			"line 1: FRM-1 has 2 key words (MUST, SHOULD NOT), not exactly one",
		},
		"the same key word twice": {
			"> **[FRM-1]** A frame MAY be good and MAY be long." + meta,
			"line 1: FRM-1 has 2 key words (MAY, MAY), not exactly one",
		},
		"foreign key word": {
			"> **[FRM-1]** A frame SHALL NOT be good." + meta,
			"line 1: FRM-1 uses SHALL NOT, which is no key word of this specification",
		},
		"no full stop": {
			"> **[FRM-1]** A frame MUST be good" + meta,
			"line 1: FRM-1 does not end with a full stop",
		},
		"no meta line": {
			"> **[FRM-1]** A frame MUST be good.\n",
			"line 1: FRM-1 has no meta line *PROFILE · ROLES · TRANSPORTS*",
		},
		"meta line not in italics": {
			"> **[FRM-1]** A frame MUST be good.\n> core · server · tcp\n",
			"line 2: FRM-1: the last line of the blockquote is not *PROFILE · ROLES · TRANSPORTS*: core · server · tcp",
		},
		"meta line in bold": {
			"> **[FRM-1]** A frame MUST be good.\n> **core · server · tcp**\n",
			"line 2: FRM-1: the last line of the blockquote is not *PROFILE · ROLES · TRANSPORTS*: **core · server · tcp**",
		},
		"meta line of two parts": {
			"> **[FRM-1]** A frame MUST be good.\n> *core · server*\n",
			"line 2: FRM-1: the last line of the blockquote is not *PROFILE · ROLES · TRANSPORTS*: *core · server*",
		},
		"unknown profile": {
			"> **[FRM-1]** A frame MUST be good.\n> *base · server · tcp*\n",
			`line 2: FRM-1: unknown profile "base" (core, strict)`,
		},
		"unknown role": {
			"> **[FRM-1]** A frame MUST be good.\n> *core · server, proxy · tcp*\n",
			`line 2: FRM-1: unknown role "proxy" (server, client, codec, library)`,
		},
		"role twice": {
			"> **[FRM-1]** A frame MUST be good.\n> *core · server, server · tcp*\n",
			"line 2: FRM-1: role server is given twice",
		},
		"unknown transport": {
			"> **[FRM-1]** A frame MUST be good.\n> *core · server · tcp, quic*\n",
			`line 2: FRM-1: unknown transport "quic" (tcp, udp, tls)`,
		},
		"none beside a transport": {
			"> **[FRM-1]** A frame MUST be good.\n> *core · server · tcp, none*\n",
			`line 2: FRM-1: unknown transport "none" (tcp, udp, tls)`,
		},
		"fourth part without unit": {
			"> **[FRM-1]** A frame MUST be good.\n> *core · server · tcp · inside*\n",
			`line 2: FRM-1: the fourth part of the meta line is not "unit: REASON": inside`,
		},
		"unit without a reason": {
			"> **[FRM-1]** A frame MUST be good.\n> *core · server · tcp · unit: *\n",
			`line 2: FRM-1: the fourth part of the meta line is not "unit: REASON": unit: `,
		},
		"key word in prose": {
			good + "\nAn application MUST NOT care.\n",
			"line 4: key word MUST NOT outside a requirement",
		},
		"foreign key word in prose": {
			good + "\nTLS is OPTIONAL.\n",
			"line 4: key word OPTIONAL outside a requirement",
		},
		"key word in a heading": {
			good + "\n## 4. What one MAY do\n",
			"line 4: key word MAY outside a requirement",
		},
		"key word in a note": {
			good + "\n> It MAY be so.\n",
			"line 4: key word MAY outside a requirement",
		},
		"key word after section 1.2": {
			good + "\n### 1.2 Key words\n\nMUST\n\n### 1.3 Terms\n\nMUST\n",
			"line 10: key word MUST outside a requirement",
		},
		"unknown reference in prose": {
			good + "\nSee [FRM-2].\n",
			"line 4: refers to [FRM-2], which no requirement has",
		},
		"unknown reference in a requirement": {
			"> **[FRM-1]** A frame MUST be\n> good, as [HDR-7] says." + meta,
			"line 2: refers to [HDR-7], which no requirement has",
		},
		"unknown reference beside the ID": {
			"> **[FRM-1]** A frame MUST be good, as [HDR-7] says." + meta,
			"line 1: refers to [HDR-7], which no requirement has",
		},
		"open fence": {
			good + "\n```text\nMUST\n",
			"line 4: the fenced block that begins here is never closed",
		},
		"several faults in the order of the text": {
			"MUST\n\n> **[FRM-1]** A frame is.\n> *core · server · ip*\n\nMAY [FRM-3]\n",
			"line 1: key word MUST outside a requirement\n" +
				"line 3: FRM-1 has no key word (MUST, MUST NOT, SHOULD, SHOULD NOT or MAY in upper case)\n" +
				`line 4: FRM-1: unknown transport "ip" (tcp, udp, tls)` + "\n" +
				"line 6: key word MAY outside a requirement\n" +
				"line 6: refers to [FRM-3], which no requirement has",
		},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := spec.ParseText(c.md)
			require.EqualError(t, err, c.want)
			assert.Empty(t, list)
			var fault *spec.TextError
			assert.ErrorAs(t, err, &fault)
		})
	}
}

func TestMarshalRequirementsIsReadableAndStable(t *testing.T) {
	list, err := spec.ParseText(fixture(t, "good.md"))
	require.NoError(t, err)
	list[0].Text = "a < b & c"
	got, err := spec.MarshalRequirements(list[:1])
	require.NoError(t, err)
	assert.Equal(t, `{
  "schema": "vstp-requirements/1",
  "spec": "1.0",
  "requirements": [
    {
      "id": "FRM-6",
      "level": "MUST",
      "profile": "core",
      "roles": [
        "server",
        "client"
      ],
      "transports": [
        "tcp"
      ],
      "text": "a < b & c",
      "section": "3. Frame layout",
      "testable": true
    }
  ]
}
`, string(got))
}
