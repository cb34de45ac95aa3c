package alert

import (
	"encoding/json"
	"fmt"
	"strings"

	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// Topic is where a message goes.
type Topic string

// The topics. One publish cannot serve all: people need a body per protocol,
// machines need message attributes, which are sent only with a body that is no
// such structure, and a chat needs a body of its own.
//
// https://docs.aws.amazon.com/sns/latest/dg/SNSMessageAttributes.html
const (
	People    Topic = "alerts"
	Machines  Topic = "findings"
	Chats     Topic = "chat"
	Summaries Topic = "summaries" // nothing here is sent there
)

// Message is one publish to one topic. Body, Subject and Attributes together
// have at most [MaxMessage] bytes.
type Message struct {
	Topic      Topic
	Subject    string // ASCII, at most 99 characters; empty: none
	Body       string
	Structured bool        // Body is a JSON object with one body per protocol
	Attributes []Attribute // at most eight
}

// Attribute is a message attribute, for filter policies.
type Attribute struct {
	Name   string
	Values []string // at least one, none empty
	List   bool     // of type String.Array
}

// Value returns the attribute's value as SNS takes it: a list is JSON.
func (a Attribute) Value() string {
	if !a.List {
		return strings.Join(a.Values, ",")
	}
	text, err := json.Marshal(a.Values)
	if err != nil {
		return "[]" // strings alone cannot fail
	}
	return string(text)
}

// Size returns the bytes that count against [MaxMessage].
func (m *Message) Size() int {
	n := len(m.Subject) + len(m.Body)
	for _, a := range m.Attributes {
		n += len(a.Name) + len("String.Array") + len(a.Value())
	}
	return n
}

// Messages returns what is sent about an alert: one message for each topic
// whose least severity it reaches. Closings go to machines only.
func Messages(in Input, o Options) ([]Message, error) {
	b := newBrief(in)
	var out []Message
	for _, t := range []struct {
		least triage.Severity
		make  func(Options) (Message, error)
		quiet bool // gets no closings
	}{
		{o.Least.People, b.forPeople, true},
		{o.Least.Machines, b.forMachines, false},
		{o.Least.Chat, b.forChats, true},
	} {
		if b.severity() < t.least || t.quiet && in.Activity() == Closed {
			continue
		}
		m, err := t.make(o)
		if err != nil {
			return nil, fmt.Errorf("alert %q for topic %s: %w", in.ID, m.Topic, err)
		}
		out = append(out, m)
	}
	return out, nil
}

func (b *brief) forPeople(Options) (Message, error) {
	m := Message{Topic: People, Subject: b.subject(), Structured: true}
	text, err := b.text()
	if err != nil {
		return m, err
	}
	m.Body, err = bodies(b.plain(), text, b.sms())
	return m, err
}

// bodies assembles one body per protocol.
//
// https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html
func bodies(plain, email, sms string) (string, error) {
	body, err := ascii(struct {
		Default string `json:"default"`
		Email   string `json:"email"`
		SMS     string `json:"sms"`
	}{plain, email, sms})
	return string(body), err
}

// plain is the body for protocols that people seldom use: what the text says
// first.
func (b *brief) plain() string {
	var t strings.Builder
	t.WriteString(b.subject() + "\n" + b.summary() + "\n")
	for i, s := range b.steps() {
		fmt.Fprintf(&t, "%d. %s\n", i+1, s)
	}
	c := cutter{}
	fmt.Fprintf(&t, "Alert %s, incident %s.\n", show(c.id("", b.in.ID), 4*maxID), show(c.id("", b.in.Incident.ID), 4*maxID))
	return t.String()
}

func (b *brief) forMachines(o Options) (Message, error) {
	m := Message{Topic: Machines, Attributes: b.attributes()}
	var body []byte
	var err error
	if o.OCSF {
		body, err = b.ocsf(o.Version, maxBody)
	} else {
		body, err = b.json(maxBody)
	}
	m.Body = string(body)
	return m, err
}

func (b *brief) forChats(Options) (Message, error) {
	body, err := b.chat()
	return Message{Topic: Chats, Body: string(body)}, err
}

// maxValues is how many values a list attribute has; a filter policy that asks
// for another one still has the body to look at.
const maxValues = 20

// attributes are the eight that filter policies of the machines' topic may
// rest on. Their values are plain: what is not, or is not known, is "unknown".
//
// https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
func (b *brief) attributes() []Attribute {
	id := b.in.ID
	if !plainID(id) {
		id = shortID(id)
	}
	rules := b.ruleNames()
	if b.kind == tally.Policy {
		rules = []string{"roll-out"} // found by triage, not by a rule
	}
	return []Attribute{
		{Name: "severity", Values: []string{b.severity().String()}},
		{Name: "rule", Values: known(rules), List: true},
		{Name: "verdict", Values: known([]string{string(b.verdict())})},
		{Name: "cause", Values: known(b.causeNames()), List: true},
		{Name: "account", Values: known(b.accounts), List: true},
		{Name: "region", Values: known(b.regions), List: true},
		{Name: "alert_id", Values: []string{id}},
		{Name: "drill", Values: []string{fmt.Sprint(b.in.Drill)}},
	}
}

// known returns the plain ones of the first values, or "unknown".
func known(values []string) []string {
	var out []string
	for _, v := range first(values, maxValues) {
		if plainID(v) {
			out = append(out, v)
		}
	}
	if len(out) == 0 {
		return []string{"unknown"}
	}
	return out
}
