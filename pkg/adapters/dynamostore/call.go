package dynamostore

import (
	"net/netip"
	"strconv"
	"time"
	"unicode/utf8"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/principal"
)

// storedCall is a denial.Call as evidence. What follows from something else is
// left out: the key is the item's, and a parsed message is kept only if the text
// does not give it.
type storedCall struct {
	Time      time.Time       `json:"t"`
	Principal string          `json:"k"`
	Type      string          `json:"y,omitempty"`
	Account   string          `json:"a,omitempty"`
	Operation string          `json:"n"`
	Outcome   denial.Outcome  `json:"o"`
	Flags     uint            `json:"g,omitempty"`
	Cause     denial.Cause    `json:"c,omitempty"`
	Resource  string          `json:"r,omitempty"`
	Bearer    string          `json:"b,omitempty"`
	Source    netip.Addr      `json:"s,omitzero"`
	AccessKey string          `json:"i,omitempty"`
	Session   string          `json:"j,omitempty"`
	Endpoint  string          `json:"v,omitempty"`
	Through   string          `json:"w,omitempty"`
	ErrorCode string          `json:"e,omitempty"`
	ErrorText string          `json:"m,omitempty"`
	Message   *denial.Message `json:"p,omitempty"`
	From      string          `json:"f,omitempty"` // sourceIPAddress, where Source does not give it
	UserAgent string          `json:"u,omitempty"`
	RequestID string          `json:"q,omitempty"`
}

// How much of a text evidence keeps, in bytes. CloudTrail itself cuts error
// messages and user agents at 1 KB; ARNs are at most 2,048 bytes.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html,
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Policy.html
const (
	maxText = 1024
	maxARN  = 2048
	maxName = 256
)

// flags are the yes-or-no fields of a call, in the order of their bits.
func flags(c *denial.Call) [10]*bool {
	p := &c.Principal
	return [...]*bool{&c.Critical, &c.Read, &c.Public, &c.KnownSource, &c.Foreign, &c.BadBearer, &p.Service, &p.Role, &p.SSO, &p.WebIdentity}
}

func packCall(c *denial.Call) ([]byte, error) {
	out := storedCall{
		Time: c.Time, Principal: principal.StoreKey(c.Principal.Key), Type: cut(c.Principal.Type, maxName), Account: cut(c.Principal.Account, maxName),
		Operation: c.Operation, Outcome: c.Outcome, Cause: c.Cause,
		Resource: cut(c.Resource, maxARN), Bearer: cut(c.Bearer, maxARN), Source: c.Source,
		AccessKey: cut(c.AccessKey, maxName), Session: cut(c.Session, maxName), Endpoint: cut(c.Endpoint, maxName), Through: cut(c.Through, maxName),
		ErrorCode: cut(c.ErrorCode, maxName), ErrorText: cut(c.ErrorText, maxText), UserAgent: cut(c.UserAgent, maxText), RequestID: cut(c.RequestID, maxName),
	}
	for i, f := range flags(c) {
		if *f {
			out.Flags |= 1 << i
		}
	}
	if !c.Source.IsValid() || c.Source.String() != c.SourceName {
		out.From = cut(c.SourceName, maxName)
	}
	if denial.ParseMessage(out.ErrorText) != c.Message {
		m := c.Message
		m.Action, m.Resource, m.PolicyARN = cut(m.Action, maxName), cut(m.Resource, maxARN), cut(m.PolicyARN, maxARN)
		out.Message = &m
	}
	return pack(out)
}

func unpackCall(k cloudtrail.Key, it item) (denial.Call, error) {
	var in storedCall
	if err := it.unpack(&in); err != nil {
		return denial.Call{}, err
	}
	c := denial.Call{
		Key: k, Time: in.Time, Digest: it.digest(), Update: it.flag("u"),
		Principal: principal.Principal{Key: in.Principal, Type: in.Type, Account: in.Account},
		Operation: in.Operation, Outcome: in.Outcome, Cause: in.Cause, Resource: in.Resource, Bearer: in.Bearer, Source: in.Source,
		AccessKey: in.AccessKey, Session: in.Session, Endpoint: in.Endpoint, Through: in.Through,
		ErrorCode: in.ErrorCode, ErrorText: in.ErrorText, SourceName: in.From, UserAgent: in.UserAgent, RequestID: in.RequestID,
	}
	for i, f := range flags(&c) {
		*f = in.Flags&(1<<i) != 0
	}
	if in.From == "" && in.Source.IsValid() {
		c.SourceName = in.Source.String()
	}
	if in.Message != nil {
		c.Message = *in.Message
	} else {
		c.Message = denial.ParseMessage(in.ErrorText)
	}
	return c, nil
}

// evidenceItem returns the item of a call. The writer tells what this Commit
// wrote from what others did.
func (s *Store) evidenceItem(c *denial.Call, now time.Time, writer string) (item, error) {
	packed, err := packCall(c)
	if err != nil {
		return nil, err
	}
	it := newItem(evidenceKey(c.Key), s.evidenceExpiry(now, c.Time))
	it.setBytes("b", packed)
	it.setText("g", strconv.FormatUint(c.Digest, 36))
	it.setText("w", writer)
	if c.Update {
		it.setFlag("u")
	}
	return it, nil
}

// digest is that of the record in an evidence item.
func (it item) digest() uint64 {
	d, _ := strconv.ParseUint(it.text("g"), 36, 64) // what is no number was not written by us: a conflict
	return d
}

// same reports whether a call has the content of an evidence item. Updates of a
// record are repeats of it whatever they say.
func (it item) same(c *denial.Call) bool {
	return it.digest() == c.Digest || it.flag("u") || c.Update
}

// cut returns at most n bytes of s, whole characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
