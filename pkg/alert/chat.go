package alert

import (
	"fmt"
	"strings"

	"chimewatch/pkg/inert"
)

// maxChatText is what the description of a chat message holds, in columns: less
// than the 3,000 characters of a Slack text block, so that nothing is folded
// away. Title and steps are short by what they are made of.
//
// https://docs.slack.dev/reference/block-kit/blocks/section-block
const maxChatText = 2500

// chatMessage is a custom notification of Amazon Q Developer in chat
// applications.
//
// https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
type chatMessage struct {
	Version  string       `json:"version"`
	Source   string       `json:"source"`
	ID       string       `json:"id"`
	Content  chatContent  `json:"content"`
	Metadata chatMetadata `json:"metadata"`
}

type chatContent struct {
	TextType    string   `json:"textType"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	NextSteps   []string `json:"nextSteps"`
	Keywords    []string `json:"keywords"`
}

type chatMetadata struct {
	ThreadID          string            `json:"threadId"`
	Summary           string            `json:"summary"`
	EventType         string            `json:"eventType"`
	RelatedResources  []string          `json:"relatedResources"`
	AdditionalContext map[string]string `json:"additionalContext"`
}

// Chat returns the message for Amazon Q Developer in chat applications: alerts
// of one incident share a thread. Names from records stand in code spans that
// they cannot leave.
func Chat(in Input) ([]byte, error) { return newBrief(in).chat() }

func (b *brief) chat() ([]byte, error) {
	spans := *b
	spans.mark = "`"
	b = &spans
	c := &cutter{}
	m := chatMessage{
		Version: "1.0", Source: "custom", ID: c.id("id", b.in.ID),
		Content: chatContent{
			TextType:    "client-markdown",
			Title:       b.label() + " " + b.who(60) + ": " + b.title,
			Description: b.chatText(),
			NextSteps:   b.steps(),
			Keywords:    []string{b.severity().String(), string(b.verdict())},
		},
		Metadata: chatMetadata{
			ThreadID: c.id("threadId", b.in.Incident.ID), Summary: b.summary(),
			EventType:         "chimewatch incident " + string(b.in.Activity()),
			RelatedResources:  []string{},
			AdditionalContext: b.chatContext(c),
		},
	}
	m.Content.Keywords = append(m.Content.Keywords, first(b.ruleNames(), 4)...)
	for _, r := range b.resources() {
		if arnPattern.MatchString(r) && len(r) <= 512 && len(m.Metadata.RelatedResources) < 5 {
			m.Metadata.RelatedResources = append(m.Metadata.RelatedResources, r)
		}
	}
	return ascii(m)
}

// chatText is the description: facts as short lines.
func (b *brief) chatText() string {
	var t strings.Builder
	add := func(label, value string) {
		if value != "" {
			fmt.Fprintf(&t, "*%s:* %s\n", label, value)
		}
	}
	if u, before, ok := b.in.update(); ok {
		add("New since "+clock(before), code(u.Reason, 200))
	}
	add("Verdict", verdictText(b.verdict(), false))
	add("Who", code(b.in.Incident.Subject.Key, 300))
	add("When", b.when())
	add("Where", strings.TrimSpace(b.place()))
	var sources []string
	for _, s := range first(b.sources, 3) {
		sources = append(sources, code(s, 45))
	}
	add("From", strings.Join(sources, ", "))
	var tried []string
	for _, a := range first(b.attempts, 5) {
		tried = append(tried, fmt.Sprintf("%s x%d (%s)", code(a.operation, 40), a.calls, a.answer))
	}
	add("Tried", strings.Join(tried, ", "))
	for _, r := range first(b.in.Incident.Reasons, 3) {
		add("Because", code(r, 200))
	}
	for _, p := range first(b.in.Incident.Principals, 5) {
		if p != b.in.Incident.Subject.Key {
			add("Principal", code(p, 100))
		}
	}
	if n := len(b.in.Incident.Principals) - 5; n > 0 {
		add("Principals", fmt.Sprintf("and %d more", n))
	}
	for _, c := range first(b.stopCommands(), 2) {
		add("STOP", "`"+c+"`")
	}
	for _, c := range first(b.lookCommands(), 1) {
		add("LOOK", "`"+c+"`")
	}
	if b.advised != nil && b.advice.Permission.Statement != nil {
		add("FIX", "allow "+code(b.advice.Permission.Statement.Action, 64)+"; the whole statement is in the e-mail")
	}
	for _, it := range b.evidence {
		if link := EventLink(it.ref.Key.Region, it.ref.Key.EventID); link != "" {
			add("First event", link)
			break
		}
	}
	return chatCut(t.String())
}

// chatCut cuts at a line, so that no code span stays open.
func chatCut(s string) string {
	for inert.Width(s) > maxChatText {
		i := strings.LastIndexByte(strings.TrimSuffix(s, "\n"), '\n')
		s = s[:i+1]
	}
	return strings.TrimSuffix(s, "\n")
}

// chatContext repeats the routing fields. Values are never empty, and of
// characters that Amazon Q Developer takes as variables of custom actions:
// https://docs.aws.amazon.com/chatbot/latest/APIReference/API_CustomActionAttachment.html
func (b *brief) chatContext(c *cutter) map[string]string {
	out := map[string]string{}
	for _, a := range b.attributes() {
		out[a.Name] = strings.Join(a.Values, ",")
	}
	out["incident_id"] = inert.ASCII(c.id("incident_id", b.in.Incident.ID))
	return out
}

// code puts hostile text into a code span. Defanged text has no grave accent,
// so it cannot end the span.
func code(s string, columns int) string { return "`" + show(s, columns) + "`" }

func first[T any](s []T, n int) []T { return s[:min(n, len(s))] }
