package alert

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"unicode/utf8"

	"chimewatch/pkg/inert"
	"chimewatch/pkg/principal"
)

// MaxMessage is how many bytes an SNS message may have, all bodies, the
// subject and the attributes together.
//
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
const MaxMessage = 262144

// maxID is the length up to which an id is shown as it is. CloudTrail's event
// ids have 36 characters.
const maxID = 128

// bounds say how much a form may hold. Forms are made with the widest bounds
// with which they fit.
type bounds struct {
	text       int // bytes of a text from a record
	evidence   int // calls
	principals int
	list       int // findings, reasons, attempts, resources
}

// levels are the bounds to try, the widest first. What the last one lets
// through fits into any message, see the property test.
func levels() []bounds {
	return []bounds{
		{text: 1024, evidence: 100, principals: 2000, list: 50},
		{text: 1024, evidence: 50, principals: 1000, list: 25},
		{text: 512, evidence: 25, principals: 500, list: 25},
		{text: 256, evidence: 20, principals: 100, list: 12},
		{text: 128, evidence: 10, principals: 25, list: 8},
		{text: 64, evidence: 5, principals: 5, list: 4},
	}
}

// fit returns what render makes with the widest bounds with which its size is
// at most limit, and its size.
func fit[T any](limit int, size func(T) int, render func(bounds) (T, error)) (T, error) {
	var out T
	var n int
	for _, b := range levels() {
		var err error
		if out, err = render(b); err != nil {
			return out, err
		}
		if n = size(out); n <= limit {
			return out, nil
		}
	}
	return out, fmt.Errorf("message of %d bytes: at most %d can be sent, and nothing more can be left out", n, limit)
}

// Cut says that something was left out of a form.
type Cut struct {
	What string `json:"what"` // the field
	Kept int    `json:"kept"` // bytes of a text, elements of a list
	Of   int    `json:"of"`
}

// maxCuts is how many cuts are listed one by one.
const maxCuts = 32

// cutter applies bounds and takes note.
type cutter struct {
	bounds
	cuts []Cut
	more int // cuts beyond maxCuts
}

func (c *cutter) note(what string, kept, of int) {
	if len(c.cuts) == maxCuts {
		c.more++
		return
	}
	c.cuts = append(c.cuts, Cut{what, kept, of})
}

// text cuts a text at a character.
func (c *cutter) text(what, s string) string {
	if len(s) <= c.bounds.text {
		return s
	}
	n := c.bounds.text
	for n > 0 && n > c.bounds.text-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	c.note(what, n, len(s))
	return s[:n]
}

// id returns an id whole, or a hash of it if it is far too long to be one.
func (c *cutter) id(what, s string) string {
	if len(s) <= maxID {
		return s
	}
	h := hashed(s)
	c.note(what, len(h), len(s))
	return h
}

// hashed stands for an id that cannot be shown whole.
func hashed(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// key returns the key of a subject whole, or in the form in which it is stored
// if it is over 1,024 bytes.
func (c *cutter) key(what, s string) string {
	k := principal.StoreKey(s)
	if k != s {
		c.note(what, len(k), len(s))
	}
	return k
}

// list returns the first elements of a list.
func list[T any](c *cutter, what string, s []T, most int) []T {
	if len(s) <= most {
		return s
	}
	c.note(what, most, len(s))
	return s[:most]
}

// show returns hostile text for people: at most columns wide before it is
// defanged, with nothing in it that acts.
func show(s string, columns int) string {
	const enough = 4096 // bytes; no form shows more of one field
	if len(s) > enough {
		s = s[:enough] + "..."
	}
	return inert.Defang(inert.Cut(inert.Name(s), columns))
}
