package alert_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/principal"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// anyText is any text up to 256 KB: short, rich in what acts, or huge.
func anyText() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.StringN(0, 20, -1),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 12), func(b []byte) string { return string(b) }),
		rapid.SampledFrom([]string{
			"", "\n", "\r\nSubject: x", "\x1b[2J", "\u202e", "\u200b", "\x00", "\xff", "https://evil.example/", "<!channel>", "@here", "`", "```", "](http://x.y)",
			"=1+1", "'; reboot; '", "$(reboot)", "\"", `\`, "*_~", "😀", "аdmin", "\U000e0041", "arn:aws:iam::111122223333:role/", "role/x", "AKIAIOSFODNN7EXAMPLE", "us-east-1", "111122223333",
		}),
	)
	short := rapid.Map(rapid.SliceOfN(piece, 0, 5), func(p []string) string { return strings.Join(p, "") })
	return rapid.Custom(func(t *rapid.T) string {
		s := short.Draw(t, "text")
		if s == "" || rapid.IntRange(0, 24).Draw(t, "huge") > 0 {
			return s
		}
		size := rapid.SampledFrom([]int{200, 5000, 70_000, 256 << 10}).Draw(t, "size")
		return strings.Repeat(s, size/len(s)+1)[:size]
	})
}

func anyCall(t *rapid.T, key cloudtrail.Key, at time.Time) denial.Call {
	text := func(label string) string { return anyText().Draw(t, label) }
	c := denial.Call{
		Key: key, Time: at,
		Principal: principal.Principal{Key: "x" + text("principal"), Type: text("type"), Account: text("account"), Role: rapid.Bool().Draw(t, "role")},
		Operation: rapid.OneOf(rapid.SampledFrom([]string{"ListChannels", "CreateAppInstanceAdmin"}), anyText()).Draw(t, "operation"),
		Outcome:   rapid.SampledFrom([]denial.Outcome{denial.Refused, denial.Refused, denial.Success}).Draw(t, "outcome"),
		Cause:     rapid.SampledFrom([]denial.Cause{denial.IAM, denial.AppRole, denial.Credential, denial.Network}).Draw(t, "cause"),
		Resource:  text("resource"), Bearer: text("bearer"), AccessKey: text("key"), Session: text("session"),
		ErrorCode: text("code"), ErrorText: text("message"), SourceName: text("source"), UserAgent: text("agent"), RequestID: text("request"),
		Source: netip.Addr{},
	}
	c.Message = denial.ParseMessage("is not authorized to perform: " + c.ErrorText)
	return c
}

// anyInput is an alert with any text in every field.
func anyInput() *rapid.Generator[alert.Input] {
	return rapid.Custom(func(t *rapid.T) alert.Input {
		text := func(label string) string { return anyText().Draw(t, label) }
		texts := func(label string, most int) []string {
			return rapid.SliceOfN(anyText(), 0, most).Draw(t, label)
		}
		in := alert.Input{ID: text("id"), Calls: map[cloudtrail.Key]*denial.Call{}, Drill: rapid.Bool().Draw(t, "drill")}
		var refs []tally.Ref
		for i := range rapid.IntRange(0, 6).Draw(t, "calls") {
			key := cloudtrail.Key{EventID: text("event"), Region: text("region"), Account: text("recipient")}
			ref := tally.Ref{Key: key, Time: start().Add(time.Duration(i) * time.Hour)}
			refs = append(refs, ref)
			if rapid.IntRange(0, 4).Draw(t, "known") > 0 {
				in.Calls[key] = new(anyCall(t, key, ref.Time))
			}
		}
		verdict := rapid.SampledFrom([]triage.Verdict{triage.Probing, triage.Misconfiguration, triage.Unclear})
		in.Incident = triage.Incident{
			ID:         text("incident"),
			Subject:    tally.Subject{Kind: tally.Kind(rapid.IntRange(1, 5).Draw(t, "kind")), Key: text("subject")},
			Assessment: triage.Assessment{Severity: triage.Severity(rapid.IntRange(1, 4).Draw(t, "severity")), Verdict: verdict.Draw(t, "verdict"), Reasons: texts("reasons", 15)},
			RaisedAt:   start(), LastSeen: start().Add(time.Hour), Trigger: refs, Denials: rapid.IntRange(0, 1e6).Draw(t, "denials"),
			Principals: texts("principals", 30),
		}
		if rapid.IntRange(0, 11).Draw(t, "crowd") == 0 {
			for i := range 3000 {
				in.Incident.Principals = append(in.Incident.Principals, fmt.Sprintf("arn:aws:iam::111122223333:role/service-%d", i))
			}
		}
		for i := range rapid.IntRange(0, 3).Draw(t, "updates") {
			in.Incident.Updates = append(in.Incident.Updates, triage.Update{At: start().Add(time.Duration(i+1) * time.Hour), Severity: triage.High, Reason: text("why")})
		}
		in.Update = rapid.IntRange(0, 4).Draw(t, "update")
		for range rapid.IntRange(0, 3).Draw(t, "findings") {
			rule := rapid.SampledFrom(detect.Rules()).Draw(t, "rule")
			in.Findings = append(in.Findings, triage.Finding{
				Finding:    detect.Finding{ID: text("finding"), Rule: rule.Rule, Hour: tally.HourOf(start()), Window: detect.Span{Start: start(), End: start()}, Reason: text("counted"), Evidence: refs},
				Assessment: triage.Assessment{Severity: triage.High, Verdict: verdict.Draw(t, "verdict"), Reasons: texts("reasons", 3)},
			})
			in.Incident.Rules = append(in.Incident.Rules, rule.Rule)
		}
		if rapid.IntRange(0, 6).Draw(t, "closed") == 0 {
			in.Closed = start().Add(24 * time.Hour)
		}
		return in
	})
}

// TestEveryFormKeepsItsLimits is about any text in any field.
func TestEveryFormKeepsItsLimits(t *testing.T) {
	alertSchema := compile(t, "../../docs/schemas/alert.schema.json")
	ocsfSchema := compile(t, "testdata/ocsf-1.3.0-detection-finding.schema.json")
	rapid.Check(t, func(t *rapid.T) {
		in := anyInput().Draw(t, "input")
		subject, sms := alert.Subject(in), alert.SMS(in)
		checkSubject(t, subject)
		checkSMS(t, sms)
		text, err := alert.Text(in)
		fatal(t, err)
		checkText(t, text)
		messages, err := alert.Messages(in, alert.Options{Version: "1", OCSF: in.Drill})
		fatal(t, err)
		for i := range messages {
			checkMessage(t, &messages[i])
		}
		body, err := alert.JSON(in)
		fatal(t, err)
		checkJSON(t, body, alertSchema)
		body, err = alert.OCSF(in, "1")
		fatal(t, err)
		checkJSON(t, body, ocsfSchema)
		chat, err := alert.Chat(in)
		fatal(t, err)
		checkChat(t, chat)
		d := alert.NewDigest([]alert.Input{in, in})
		messages, err = d.Messages(alert.Options{Version: "1"})
		fatal(t, err)
		for i := range messages {
			checkMessage(t, &messages[i])
		}
	})
}

func fatal(t rapid.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// checkSubject: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
func checkSubject(t rapid.TB, s string) {
	t.Helper()
	if len(s) == 0 || len(s) >= 100 || s[0] == ' ' || strings.Trim(s, printable()) != "" {
		t.Fatalf("subject %q (%d)", s, len(s))
	}
}

func checkSMS(t rapid.TB, s string) {
	t.Helper()
	n := len(s)
	for _, r := range s {
		if r < ' ' || r > '~' || r == '`' {
			t.Fatalf("text message %q: %q is no GSM character", s, r)
		}
		if strings.ContainsRune(`[]{}\^|~`, r) {
			n++
		}
	}
	if n > 160 {
		t.Fatalf("text message of %d characters: %q", n, s)
	}
}

func printable() string {
	var b strings.Builder
	for r := ' '; r <= '~'; r++ {
		b.WriteRune(r)
	}
	return b.String()
}

var (
	linkLine    = regexp.MustCompile(`^https://[a-z0-9-]+\.console\.(aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com)/cloudtrailv2/home\?region=[a-z0-9-]+#/events/[A-Za-z0-9-]+$`)
	commandLine = regexp.MustCompile(`^(aws|chimewatch) ([A-Za-z0-9_./:=,@%+-]|'[ -&(-~]*'| )+$`)
	policyLine  = regexp.MustCompile(`^ *([{}\[\]],?|"[A-Za-z]+": [\[{]|("[A-Za-z]+": )?"[A-Za-z0-9_./:=,@+*-]+",?)$`)
)

// checkText looks for anything in a text that could act.
func checkText(t rapid.TB, s string) {
	t.Helper()
	if len(s) > 100<<10 {
		t.Fatalf("text of %d bytes", len(s))
	}
	for line := range strings.Lines(s) {
		line = strings.TrimSuffix(line, "\n")
		for _, r := range line {
			if unicode.In(r, unicode.C, unicode.Zl, unicode.Zp, unicode.Bidi_Control) || r == utf8.RuneError && !utf8.ValidString(line) {
				t.Fatalf("%q contains %U", line, r)
			}
		}
		if rest := strings.TrimLeft(line, " "); strings.HasPrefix(line, "    ") && (linkLine.MatchString(rest) || commandLine.MatchString(rest) || policyLine.MatchString(rest)) {
			continue
		}
		for _, live := range []string{"://", "<", ">", "`", "]("} {
			if strings.Contains(line, live) {
				t.Fatalf("%q contains %q", line, live)
			}
		}
		if strings.Contains(strings.ReplaceAll(line, "[@]", ""), "@") {
			t.Fatalf("%q contains a live @", line)
		}
		if rest := strings.TrimLeft(line, " "); rest != "" && strings.ContainsAny(rest[:1], "=+@") {
			t.Fatalf("%q begins like a formula", line)
		}
	}
}

func checkMessage(t rapid.TB, m *alert.Message) {
	t.Helper()
	if n := m.Size(); n > alert.MaxMessage {
		t.Fatalf("message to %s of %d bytes", m.Topic, n)
	}
	if m.Subject != "" {
		checkSubject(t, m.Subject)
	}
	if len(m.Attributes) > 8 {
		t.Fatalf("%d attributes", len(m.Attributes))
	}
	for _, a := range m.Attributes {
		for _, v := range a.Values {
			if v == "" || strings.Trim(v, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-") != "" {
				t.Fatalf("attribute %s has the value %q", a.Name, v)
			}
		}
	}
	if !m.Structured {
		return
	}
	var bodies map[string]string
	if err := json.Unmarshal([]byte(m.Body), &bodies); err != nil || bodies["default"] == "" || bodies["email"] == "" {
		t.Fatalf("bodies per protocol: %v, %d", err, len(bodies))
	}
	checkSMS(t, bodies["sms"])
	checkText(t, bodies["email"])
	checkText(t, bodies["default"])
}

// checkChat looks for what a chat would act on: text from records is in code
// spans, which it cannot end.
func checkChat(t rapid.TB, body []byte) {
	t.Helper()
	var m struct {
		ID      string
		Content struct {
			Title, Description string
			NextSteps          []string
		}
		Metadata struct {
			ThreadID, Summary string
			AdditionalContext map[string]string
		}
	}
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatal(err)
	}
	if utf8.RuneCountInString(m.Content.Description) > 3000 {
		t.Fatalf("description of %d characters", utf8.RuneCountInString(m.Content.Description))
	}
	for _, s := range append(m.Content.NextSteps, m.Content.Title, m.Content.Description, m.Metadata.Summary) {
		for line := range strings.Lines(s) {
			parts := strings.Split(strings.TrimSuffix(line, "\n"), "`")
			if len(parts)%2 == 0 {
				t.Fatalf("a code span stays open in %q", line)
			}
			for i := 0; i < len(parts); i += 2 {
				if strings.ContainsAny(parts[i], "<>@~") {
					t.Fatalf("%q acts in %q", parts[i], line)
				}
			}
			if strings.ContainsAny(line, "<>") {
				t.Fatalf("%q has a bracket", line)
			}
		}
	}
	for k, v := range m.Metadata.AdditionalContext {
		if v == "" && k != "incident_id" || strings.Trim(v, printable()) != "" {
			t.Fatalf("context %s is %q", k, v)
		}
	}
}
