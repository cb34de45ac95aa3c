package alert

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"chimewatch/pkg/inert"
	"chimewatch/pkg/triage"
)

// Digest tells of alerts that were too many to be sent one by one. Every one of
// them counts as sent with it.
type Digest struct {
	ID     string // stable: derived from those of the alerts
	Alerts []Input
}

// NewDigest makes a digest of at least one alert, with an id derived from
// theirs.
func NewDigest(alerts []Input) Digest {
	alerts = slices.Clone(alerts)
	slices.SortStableFunc(alerts, func(x, y Input) int {
		return int(y.Incident.Severity) - int(x.Incident.Severity)
	})
	ids := make([]string, 0, len(alerts))
	for _, a := range alerts {
		ids = append(ids, a.ID)
	}
	return Digest{ID: DigestID(ids), Alerts: alerts}
}

// DigestID is the id of the digest of alerts with these ids, in any order.
func DigestID(alerts []string) string {
	ids := slices.Sorted(slices.Values(alerts))
	sum := sha256.Sum256([]byte(strings.Join(ids, "\x00")))
	return "d-" + hex.EncodeToString(sum[:10])
}

// severity is the gravest of the alerts.
func (d *Digest) severity() triage.Severity {
	most := triage.Low
	for _, a := range d.Alerts {
		most = max(most, a.Incident.Severity)
	}
	return most
}

func (d *Digest) drill() bool {
	return !slices.ContainsFunc(d.Alerts, func(a Input) bool { return !a.Drill })
}

func (d *Digest) subject() string {
	s := strings.ToUpper(d.severity().String())
	if d.drill() {
		s = "DRILL " + s
	}
	return s + " digest: " + plural(len(d.Alerts), "alert") + " above the ceiling of an hour"
}

// Messages returns what is sent about a digest. Machines get each alert by
// itself: they are not disturbed by many, and each keeps its id.
func (d *Digest) Messages(o Options) ([]Message, error) {
	var out []Message
	for _, a := range d.Alerts {
		each := o
		each.Least.People, each.Least.Chat = Never, Never
		messages, err := Messages(a, each)
		if err != nil {
			return nil, err
		}
		out = append(out, messages...)
	}
	if d.severity() >= o.Least.People {
		m, err := d.forPeople()
		if err != nil {
			return nil, fmt.Errorf("digest %s for topic %s: %w", d.ID, People, err)
		}
		out = append(out, m)
	}
	if d.severity() >= o.Least.Chat {
		m, err := d.forChats()
		if err != nil {
			return nil, fmt.Errorf("digest %s for topic %s: %w", d.ID, Chats, err)
		}
		out = append(out, m)
	}
	return out, nil
}

// Text returns the e-mail's text. At most 100 KiB.
func (d *Digest) Text() (string, error) {
	return fit(maxText, func(s string) int { return len(s) }, func(l bounds) (string, error) {
		var t strings.Builder
		fmt.Fprintf(&t, "%s.\n", d.subject())
		t.WriteString("So many alerts at once would hide each other; this message stands for all that are listed.\n")
		t.WriteString("\nDO NOW\n")
		for i, s := range d.steps() {
			t.WriteString(wrap(fmt.Sprintf(" %d. ", i+1), "    ", s, columns))
		}
		t.WriteString("\nALERTS, the gravest first\n")
		for i, a := range d.Alerts {
			if i == l.principals {
				fmt.Fprintf(&t, "  and %d more: chimewatch findings list names them all\n", len(d.Alerts)-i)
				break
			}
			b := newBrief(a)
			fmt.Fprintf(&t, "  %-8s  %s: %s (%s), %s, raised %s\n", b.severity(), b.who(min(64, l.text)), b.title, b.verdict(), plural(a.Incident.Denials, "denial"), clock(a.Incident.RaisedAt))
			fmt.Fprintf(&t, "            incident %s, alert %s\n", digestID(a.Incident.ID), digestID(a.ID))
		}
		fmt.Fprintf(&t, "\nREFERENCE\n  Digest %s\n", d.ID)
		return t.String(), nil
	})
}

func digestID(id string) string {
	c := cutter{}
	return show(c.id("", id), 4*maxID)
}

func (d *Digest) steps() []string {
	return []string{
		"Look at the first ones below: they are the gravest. Critical alerts are never held back; they came one by one.",
		"See whether one cause is behind them all: a deployment, a changed policy, one network.",
		"See each with: chimewatch findings show INCIDENT.",
	}
}

// SMS returns one part of a text message.
func (d *Digest) SMS() string { return d.subject() + " " + d.ID }

func (d *Digest) forPeople() (Message, error) {
	m := Message{Topic: People, Subject: inert.CutBytes(d.subject(), maxSubject), Structured: true}
	text, err := d.Text()
	if err != nil {
		return m, err
	}
	plain := d.subject() + "\n" + strings.Join(d.steps(), "\n") + "\nDigest " + d.ID + "\n"
	m.Body, err = bodies(plain, text, d.SMS())
	return m, err
}

// Chat returns the message for Amazon Q Developer in chat applications.
func (d *Digest) Chat() ([]byte, error) {
	var t strings.Builder
	for i, a := range d.Alerts {
		if i == 10 {
			fmt.Fprintf(&t, "and %d more\n", len(d.Alerts)-i)
			break
		}
		b := newBrief(a)
		b.mark = "`"
		fmt.Fprintf(&t, "*%s* %s: %s (%s)\n", b.severity(), b.who(48), b.title, b.verdict())
	}
	return ascii(chatMessage{
		Version: "1.0", Source: "custom", ID: d.ID,
		Content: chatContent{TextType: "client-markdown", Title: d.subject(), Description: chatCut(t.String()), NextSteps: d.steps(), Keywords: []string{d.severity().String(), "digest"}},
		Metadata: chatMetadata{
			ThreadID: d.ID, Summary: d.subject(), EventType: "chimewatch digest", RelatedResources: []string{},
			AdditionalContext: map[string]string{"severity": d.severity().String(), "alert_id": d.ID, "drill": fmt.Sprint(d.drill())},
		},
	})
}

func (d *Digest) forChats() (Message, error) {
	body, err := d.Chat()
	return Message{Topic: Chats, Body: string(body)}, err
}
