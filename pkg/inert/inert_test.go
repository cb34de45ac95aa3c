package inert_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"chimewatch/pkg/inert"

	"pgregory.net/rapid"
)

func TestForms(t *testing.T) {
	tests := []struct {
		name, in           string
		line, defang, id   string // Line, Defang, Name
		sameDefang, sameID bool   // as Line
	}{
		{name: "plain", in: "role/chat-backend, v1.2 (x86_64)", line: "role/chat-backend, v1.2 (x86_64)", sameDefang: true, sameID: true},
		{name: "backslash stays", in: `C:\temp\n`, line: `C:\temp\n`, sameDefang: true, sameID: true},
		{name: "line breaks", in: "a\r\nFrom: b\u2028c\u2029d\u0085e\vf", line: `a\r\nFrom: b\u2028c\u2029d\u0085e\x0bf`, sameDefang: true, sameID: true},
		{name: "terminal escape", in: "\x1b[2J\x07\x7f", line: `\x1b[2J\x07\x7f`, sameDefang: true, sameID: true},
		// https://trojansource.codes
		{name: "bidi", in: "a\u202eb\u2066c\u200fd\u061ce", line: `a\u202eb\u2066c\u200fd\u061ce`, sameDefang: true, sameID: true},
		{name: "invisible", in: "a\u200bb\ufeffc\u00add\u2060e\u3164f\u034fg\ufe0fh\u2800i", line: `a\u200bb\ufeffc\u00add\u2060e\u3164f\u034fg\ufe0fh\u2800i`, sameDefang: true, sameID: true},
		{name: "blanks", in: "a\u00a0b\u2003c\u3000d", line: `a\u00a0b\u2003c\u3000d`, sameDefang: true, sameID: true},
		{name: "tags and private use", in: "\U000e0041\ue000\U0010ffff", line: `\U000e0041\ue000\U0010ffff`, sameDefang: true, sameID: true},
		{name: "invalid UTF-8", in: "a\xff\xc3(\xed\xa0\x80", line: `a\xff\xc3(\xed\xa0\x80`, sameDefang: true, sameID: true},
		{name: "replacement character", in: "a\ufffd", line: "a\ufffd", sameDefang: true, id: `a\ufffd`},
		{name: "mark without base", in: "\u0301a", line: `\u0301a`, sameDefang: true, sameID: true},
		{name: "piled up marks", in: "e\u0301\u0302\u0303\u0304\u0305!", line: "e\u0301\u0302\u0303" + `\u0304\u0305!`, sameDefang: true, id: `e\u0301\u0302\u0303\u0304\u0305!`},
		{name: "accents", in: "user/José Müller", line: "user/José Müller", sameDefang: true, sameID: true},
		{name: "Cyrillic in Latin", in: "role/аdmin", line: "role/аdmin", sameDefang: true, id: `role/\u0430dmin`},
		{name: "Cyrillic alone", in: "асе", line: "асе", sameDefang: true, id: `\u0430\u0441\u0435`},
		{name: "Greek, fullwidth, mathematical", in: "Αｂ𝐜", line: "Αｂ𝐜", sameDefang: true, id: `\u0391\uff42\U0001d41c`},
		{name: "dotless i", in: "admın", line: "admın", sameDefang: true, id: `adm\u0131n`},
		{name: "slash look-alike", in: "role∕admin", line: "role∕admin", sameDefang: true, id: `role\u2215admin`},
		{name: "one script", in: "山田さん-1", line: "山田さん-1", sameDefang: true, sameID: true},
		{name: "script in an ARN", in: "arn:aws:iam::1:role/ノ", line: "arn:aws:iam::1:role/ノ", sameDefang: true, id: `arn:aws:iam::1:role/\u30ce`},
		{name: "right to left", in: "role/אב1", line: "role/אב1", sameDefang: true, id: `role/\u05d0\u05d11`},
		{name: "links", in: "http://a.evil.com/x HTTPS://b ftp://c.org", line: "http://a.evil.com/x HTTPS://b ftp://c.org", defang: "hxxp[:]//a[.]evil[.]com/x HxxPS[:]//b ftp[:]//c[.]org", sameID: true},
		{name: "bare host", in: "www.evil.com evil。com", line: "www.evil.com evil。com", defang: `www[.]evil[.]com evil\u3002com`, id: `www.evil.com evil\u3002com`},
		{name: "schemes without slashes", in: "javascript:x MAILTO:y arn:aws:chime", line: "javascript:x MAILTO:y arn:aws:chime", defang: "javascript[:]x MAILTO[:]y arn:aws:chime", sameID: true},
		{name: "mentions", in: "<!channel> @here a@b.com [@]x", line: "<!channel> @here a@b.com [@]x", defang: `\x3c!channel\x3e [@]here a[@]b[.]com [@]x`, sameID: true},
		{name: "markup", in: "`code` [a](b) <b>", line: "`code` [a](b) <b>", defang: `\x60code\x60 [a]\x28b) \x3cb\x3e`, sameID: true},
		{name: "formula", in: "=HYPERLINK(1)", line: "=HYPERLINK(1)", defang: "'=HYPERLINK(1)", sameID: true},
		{name: "formula after a blank", in: " +1", line: " +1", defang: "' +1", sameID: true},
		{name: "addresses and versions", in: "203.0.113.7 2001:db8::1 Boto3/1.35.70 md/Botocore#1.35.70", line: "203.0.113.7 2001:db8::1 Boto3/1.35.70 md/Botocore#1.35.70", sameDefang: true, sameID: true},
		{name: "empty", sameDefang: true, sameID: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			defang, id := tt.defang, tt.id
			if tt.sameDefang {
				defang = tt.line
			}
			if tt.sameID {
				id = tt.line
			}
			if got := inert.Line(tt.in); got != tt.line {
				t.Errorf("Line(%q) = %q, want %q", tt.in, got, tt.line)
			}
			if got := inert.Defang(tt.in); got != defang {
				t.Errorf("Defang(%q) = %q, want %q", tt.in, got, defang)
			}
			if got := inert.Name(tt.in); got != id {
				t.Errorf("Name(%q) = %q, want %q", tt.in, got, id)
			}
		})
	}
	if got, want := inert.ASCII("Müller\u202e😀"), `M\u00fcller\u202e\U0001f600`; got != want {
		t.Errorf("ASCII = %q, want %q", got, want)
	}
}

func TestCut(t *testing.T) {
	tests := []struct {
		in      string
		columns int
		want    string
	}{
		{"", 0, ""},
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"abcd", 1, "…"},
		{"abcd", 0, ""},
		{"abcd", -1, ""},
		{"山田さん", 8, "山田さん"},
		{"山田さん", 7, "山田さ…"},
		{"山田さん", 6, "山田…"},
		{"é́́x", 2, "é́́x"},
		{`ab\u202ecd`, 10, `ab\u202ecd`},
		{`ab\u202ecd`, 9, `ab\u202e…`},
		{`ab\u202ecd`, 8, `ab…`},
		{`ab\U000e0041cd`, 9, `ab…`},
		{`a\nb\nc`, 4, `a\n…`},
		{`\qrst`, 3, `\q…`}, // no escape
	}
	for _, tt := range tests {
		if got := inert.Cut(tt.in, tt.columns); got != tt.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", tt.in, tt.columns, got, tt.want)
		}
	}
	if got, want := inert.CutBytes("Müller-Lüdenscheidt", 6), "Mü..."; got != want {
		t.Errorf("CutBytes = %q, want %q", got, want)
	}
	if got, want := inert.Pad("山田", 6), "山田  "; got != want {
		t.Errorf("Pad = %q, want %q", got, want)
	}
}

// hostile generates text that is rich in what matters here.
func hostile() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.String(),
		rapid.SampledFrom([]string{
			"\n", "\r", "\x1b[31m", "\u202e", "\u2066", "\u200b", "\u2028", "\xff", "\xed\xa0\x80", "\u0301", "\u0301\u0301\u0301\u0301", "\U000e0041",
			"http://", "https:", "://", "@", "[@]", "[:]", "<", ">", "`", "](", "=", "+", ".", "..", "com", "a", "[", "]", ".com", `\`, `\u`, "\u3164",
			"山", "а", "１", "．", "＝", "javascript:", "ſ", "K", "h\u0301ttp://", "ノ", "ا",
		}),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
	)
	return rapid.Map(rapid.SliceOfN(piece, 0, 12), func(p []string) string { return strings.Join(p, "") })
}

func TestNothingActs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkInert(t, hostile().Draw(t, "text"), rapid.IntRange(-2, 80).Draw(t, "columns"))
	})
}

func FuzzInert(f *testing.F) {
	f.Add("a\u202eb http://x.y @z", 7)
	f.Add("=1\xff\u0301\u0301", 3)
	f.Fuzz(func(t *testing.T, s string, columns int) { checkInert(t, s, columns) })
}

// checkInert holds every function to what it promises about s.
func checkInert(t rapid.TB, s string, columns int) {
	t.Helper()
	for name, f := range map[string]func(string) string{"Line": inert.Line, "Name": inert.Name, "Defang": inert.Defang, "ASCII": inert.ASCII} {
		out := f(s)
		if bad := firstActing(out); bad != "" {
			t.Fatalf("%s(%q) = %q: contains %s", name, s, out, bad)
		}
		if again := f(out); again != out {
			t.Fatalf("%s is not idempotent: %q, then %q", name, out, again)
		}
		if strings.Trim(s, "abcdefghijklmnopqrstuvwxyz/-0123456789") == "" && out != s && name != "Defang" {
			t.Fatalf("%s(%q) = %q: changed plain text", name, s, out)
		}
	}
	for _, r := range inert.ASCII(s) {
		if r > '~' {
			t.Fatalf("ASCII(%q) contains %q", s, r)
		}
	}
	checkDefanged(t, inert.Defang(s))
	checkDefanged(t, inert.Defang(inert.Name(s)))

	line := inert.Line(s)
	short := inert.Cut(line, columns)
	if w := inert.Width(short); w > max(0, columns) {
		t.Fatalf("Cut(%q, %d) = %q: %d columns", line, columns, short, w)
	}
	if kept, cut := strings.CutSuffix(short, "…"); cut && short != line && !strings.HasPrefix(line, kept) {
		t.Fatalf("Cut(%q, %d) = %q: no beginning of it", line, columns, short)
	}
	if few := inert.CutBytes(line, columns); len(few) > max(0, columns) || !utf8.ValidString(few) {
		t.Fatalf("CutBytes(%q, %d) = %q", line, columns, few)
	}
	if again := inert.Cut(short, columns); again != short {
		t.Fatalf("Cut is not idempotent: %q, then %q", short, again)
	}
}

// firstActing names the first character of s that is not just shown.
func firstActing(s string) string {
	if !utf8.ValidString(s) {
		return "invalid UTF-8"
	}
	for _, r := range s {
		if unicode.In(r, unicode.C, unicode.Z, unicode.Bidi_Control, unicode.Variation_Selector) && r != ' ' {
			return fmt.Sprintf("%U", r)
		}
	}
	return ""
}

// checkDefanged looks for what a mail program, chat or spreadsheet acts on.
func checkDefanged(t rapid.TB, s string) {
	t.Helper()
	for _, live := range []string{"://", "<", ">", "`", "]("} {
		if strings.Contains(s, live) {
			t.Fatalf("%q contains %q", s, live)
		}
	}
	if strings.Contains(strings.ReplaceAll(s, "[@]", ""), "@") {
		t.Fatalf("%q contains a live @", s)
	}
	for i, r := range s {
		if r != '.' || i == 0 {
			continue
		}
		next, _ := utf8.DecodeRuneInString(s[i+1:])
		if before := s[i-1]; unicode.IsLetter(next) && before != '[' && before != ' ' {
			t.Fatalf("%q contains a live dot", s)
		}
	}
	if f := strings.TrimLeft(s, " "); f != "" && strings.ContainsAny(f[:1], "=+-@") {
		t.Fatalf("%q is a formula", s)
	}
}
