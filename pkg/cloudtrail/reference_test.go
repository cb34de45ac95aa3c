package cloudtrail

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"
)

// This file is a second decoder for the fuzz tests to compare with: it is built
// on encoding/json, holds everything in memory, and is as plain as can be.

// node is a JSON value with its members in their order.
type node struct {
	value   any // of a scalar: string, json.Number, bool or nil
	kind    byte
	names   []string // of the members of an object
	inner   []*node  // members or elements
	nesting int
}

// parseAll parses all values of a stream; false if one is not valid JSON.
func parseAll(data []byte) ([]*node, bool) {
	var nodes []*node
	d := json.NewDecoder(bytes.NewReader(data))
	for {
		var raw json.RawMessage
		if err := d.Decode(&raw); errors.Is(err, io.EOF) {
			return nodes, true
		} else if err != nil {
			return nil, false
		}
		inner := json.NewDecoder(bytes.NewReader(raw))
		inner.UseNumber()
		nodes = append(nodes, parseNode(inner))
	}
}

// parseNode parses one value, which is valid.
func parseNode(d *json.Decoder) *node {
	token, err := d.Token()
	if err != nil {
		panic(err)
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return &node{value: token, kind: 's'}
	}
	n := &node{kind: byte(delim)}
	for d.More() {
		if n.kind == '{' {
			name, _ := d.Token()
			n.names = append(n.names, name.(string))
		}
		child := parseNode(d)
		n.nesting = max(n.nesting, child.nesting)
		n.inner = append(n.inner, child)
	}
	n.nesting++
	_, _ = d.Token()
	return n
}

// member returns the last member of that name.
func (n *node) member(name string) *node {
	if n == nil || n.kind != '{' {
		return nil
	}
	for i := len(n.names) - 1; i >= 0; i-- {
		if n.names[i] == name {
			return n.inner[i]
		}
	}
	return nil
}

func (n *node) has(name string) bool { return n.member(name) != nil }

func (n *node) text(name string) string {
	if m := n.member(name); m != nil && m.kind == 's' {
		s, _ := m.value.(string)
		return s
	}
	return ""
}

// plain returns the value as encoding/json decodes it into an any.
func (n *node) plain() any {
	switch n.kind {
	case '{':
		m := map[string]any{}
		for i, name := range n.names {
			m[name] = n.inner[i].plain()
		}
		return m
	case '[':
		list := []any{}
		for _, e := range n.inner {
			list = append(list, e.plain())
		}
		return list
	}
	return n.value
}

// reference is what the plain decoder found in an input.
type reference struct {
	records   []*node // nil for a malformed one
	counts    Counts
	malformed bool // the input has an error at its top
}

var recordNames = []string{"eventVersion", "eventSource", "eventName", "eventTime", "eventID", "eventType", "eventCategory", "userIdentity"}

func (r *reference) value(n *node, top bool, carriers int) {
	switch n.kind {
	case '{':
		r.object(n, top, carriers)
	case '[':
		for _, e := range n.inner {
			r.value(e, false, carriers)
		}
	default:
		r.add(nil, top)
	}
}

// add adds a record; nil is a malformed one.
func (r *reference) add(n *node, top bool) {
	if n == nil && top {
		r.malformed = true
		return
	}
	r.counts.Read++
	r.records = append(r.records, n)
}

func (r *reference) object(n *node, top bool, carriers int) {
	lists, isRecord := false, false
	for i, name := range n.names {
		if !isRecord && n.inner[i].kind == '[' && slices.Contains([]string{"Records", "Events", "Messages"}, name) {
			lists = true
			r.value(n.inner[i], false, carriers)
		}
		isRecord = isRecord || slices.Contains(recordNames, name)
	}
	if lists {
		return
	}
	switch {
	case (len(n.names) == 0 || n.names[0] != "eventVersion") && n.has("body") && (n.has("messageId") || n.text("eventSource") == "aws:sqs"):
		r.carried(n.member("body"), carriers)
	case isRecord && (n.text("eventType") == "AwsCloudTrailInsight" || n.text("eventCategory") == "Insight"):
		r.counts.Insights++
	case isRecord:
		r.add(n, top)
	case n.has("detail") && n.has("detail-type"):
		r.carried(n.member("detail"), carriers)
	case n.has("CloudTrailEvent"):
		r.carried(n.member("CloudTrailEvent"), carriers)
	case n.has("Body") && (n.has("MessageId") || n.has("ReceiptHandle")):
		r.carried(n.member("Body"), carriers)
	case n.has("Message") && n.has("TopicArn"):
		r.carried(n.member("Message"), carriers)
	case n.has("digestS3Object"):
		r.counts.Digests++
	default:
		r.add(nil, top)
	}
}

func (r *reference) carried(n *node, carriers int) {
	if carriers == maxCarriers {
		r.add(nil, false)
		return
	}
	text, isText := n.value.(string)
	if n.kind != 's' || !isText {
		r.value(n, false, carriers+1)
		return
	}
	// What is valid before a fault counts; the fault itself is one malformed
	// record more. So parse value by value.
	rest := []byte(text)
	if len(bytes.Trim(rest, " \t\r\n")) == 0 {
		r.add(nil, false)
	}
	for len(bytes.Trim(rest, " \t\r\n")) > 0 {
		d := json.NewDecoder(bytes.NewReader(rest))
		var raw json.RawMessage
		if d.Decode(&raw) != nil {
			panic(errUnsure)
		}
		rest = rest[d.InputOffset():]
		nodes, _ := parseAll(raw)
		if nodes[0].nesting > 400 || nodes[0].kind == 's' && len(rest) > 0 {
			panic(errUnsure)
		}
		r.value(nodes[0], false, carriers+1)
	}
}

// errUnsure gives up: in a text that is no JSON, how much a decoder reads
// before it notices is its own affair.
var errUnsure = errors.New("not valid all through")

// referenceScan returns what the plain decoder finds; false if the input is
// not valid JSON all through, carried texts included.
func referenceScan(data []byte) (r reference, ok bool) {
	nodes, valid := parseAll(data)
	if !valid {
		return r, false
	}
	defer func() {
		if p := recover(); p != nil {
			if p != errUnsure {
				panic(p)
			}
			ok = false
		}
	}()
	for _, n := range nodes {
		if n.nesting > 400 {
			return r, false
		}
		if n.kind == 's' {
			r.malformed = true
			continue
		}
		r.value(n, n.kind == '{', 0)
	}
	if len(nodes) == 0 {
		r.malformed = true
	}
	return r, true
}

// referenceRecord decodes the fields of a record.
func referenceRecord(n *node) Record {
	id := n.member("userIdentity")
	session := id.member("sessionContext")
	issuer := session.member("sessionIssuer")
	r := Record{
		EventID: n.text("eventID"), EventSource: n.text("eventSource"), EventName: n.text("eventName"), EventType: n.text("eventType"),
		Category: n.text("eventCategory"), Region: n.text("awsRegion"), RecipientAccount: n.text("recipientAccountId"),
		SourceIP: n.text("sourceIPAddress"), UserAgent: n.text("userAgent"), ErrorCode: n.text("errorCode"), ErrorMessage: n.text("errorMessage"),
		RequestID: n.text("requestID"), SharedEventID: n.text("sharedEventID"), VPCEndpointID: n.text("vpcEndpointId"),
		OriginalEventID: n.member("addendum").text("originalEventID"),
		Identity: Identity{
			Type: id.text("type"), PrincipalID: id.text("principalId"), ARN: id.text("arn"), AccountID: id.text("accountId"),
			AccessKeyID: id.text("accessKeyId"), UserName: id.text("userName"), InvokedBy: id.text("invokedBy"), IdentityProvider: id.text("identityProvider"),
			IssuerType: issuer.text("type"), IssuerARN: issuer.text("arn"), IssuerPrincipalID: issuer.text("principalId"),
			IssuerAccountID: issuer.text("accountId"), IssuerUserName: issuer.text("userName"),
			SessionCreated: session.member("attributes").text("creationDate"), MFA: session.member("attributes").text("mfaAuthenticated"),
			SourceIdentity: session.text("sourceIdentity"), FederatedProvider: session.member("webIdFederationData").text("federatedProvider"),
			IdentityStoreARN: id.member("onBehalfOf").text("identityStoreArn"), OnBehalfOfUserID: id.member("onBehalfOf").text("userId"),
		},
	}
	if t, err := time.Parse(time.RFC3339, n.text("eventTime")); err == nil && isStrict([]byte(n.text("eventTime"))) {
		if t = t.UTC(); t.Year() >= 0 && t.Year() <= 9999 {
			r.EventTime = t
		}
	}
	if list := n.member("resources"); list != nil && list.kind == '[' && len(list.inner) > 0 {
		r.ResourceARN = list.inner[0].text("ARN")
	}
	return r
}
