package alert

import (
	"strings"

	"chimewatch/pkg/inert"
)

// Limits of the short forms.
const (
	// maxSubject: SNS asks for fewer than 100 characters,
	// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html.
	maxSubject = 99
	// maxSMS is what one part of a text message holds, in GSM characters,
	// https://docs.aws.amazon.com/sns/latest/dg/sms_sending-overview.html.
	maxSMS = 160
)

// Subject returns the subject line: severity and subject first, printable
// ASCII, no line break, at most 99 characters.
func Subject(in Input) string { return newBrief(in).subject() }

// SMS returns one part of a text message: at most 160 characters of the GSM
// alphabet, the incident's id whole.
func SMS(in Input) string { return newBrief(in).sms() }

// label begins every short form.
func (b *brief) label() string {
	s := strings.ToUpper(b.severity().String())
	if b.in.Drill {
		s = "DRILL " + s
	}
	switch b.in.Activity() {
	case Updated:
		s += " update"
	case Closed:
		s += " closed"
	}
	return s
}

func (b *brief) subject() string {
	head, tail := b.label()+" ", ": "+b.title
	room := maxSubject - len(head) - len(tail)
	s := head + b.whoWithin(min(room, 60), ascii7, func(s string) int { return len(s) }) + tail
	for _, more := range []string{" (" + string(b.verdict()) + ")", b.place()} {
		if len(s)+len(more) <= maxSubject {
			s += more
		}
	}
	return s
}

// whoWithin names the subject in an alphabet, in at most limit of its units. It
// is cut before it is defanged, so that what defangs it stays whole.
func (b *brief) whoWithin(limit int, alphabet func(string) string, measure func(string) int) string {
	for columns := limit; ; columns-- {
		if s := alphabet(b.who(columns)); columns <= 1 || measure(s) <= limit {
			return s
		}
	}
}

// place names account and Region in the short forms.
func (b *brief) place() string {
	var s string
	if len(b.accounts) > 0 {
		s += " " + b.accounts[0]
	}
	if len(b.regions) > 0 {
		s += " " + b.regions[0]
	}
	return s
}

func (b *brief) sms() string {
	id := shortID(b.in.Incident.ID)
	head := b.label() + " "
	tail := ": " + b.title
	s := head + b.whoWithin(40, gsm, gsmLen) + tail
	for _, more := range []string{
		" (" + string(b.verdict()) + ")",
		", " + plural(b.in.Incident.Denials, "denial"),
		b.place(),
		" " + clock(b.in.at()),
	} {
		if gsmLen(s)+gsmLen(more)+1+len(id) <= maxSMS {
			s += more
		}
	}
	return s + " " + id
}

// shortID returns an id for a text message: whole, or a hash's beginning if it
// is none of the product's.
func shortID(id string) string {
	if len(id) <= 32 && plainID(id) {
		return id
	}
	return hashed(id)[:len("sha256:")+16]
}

// ascii7 returns text in ASCII, with dots for an ellipsis.
func ascii7(s string) string { return inert.ASCII(strings.ReplaceAll(s, "…", "...")) }

// gsm returns text in the GSM alphabet, which lacks the grave accent.
//
// https://www.etsi.org/deliver/etsi_ts/123000_123099/123038/ (table 6.2.1)
func gsm(s string) string { return strings.ReplaceAll(ascii7(s), "`", "'") }

// gsmLen counts GSM characters; those of the extension table take two.
func gsmLen(s string) int {
	n := len(s)
	for i := range len(s) {
		if strings.IndexByte(`[]{}\^|~`, s[i]) >= 0 {
			n++
		}
	}
	return n
}
