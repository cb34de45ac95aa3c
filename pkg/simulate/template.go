package simulate

import (
	"encoding/hex"
	"strings"
	"time"
)

// template is a record with holes, printed many times. The holes:
//
//	{T} event time        {U} a random UUID     {A} the account
//	{K} 16 letters of an access key or unique id  {X} 17 hexadecimal digits
//	{I} an IPv4 address   {N} a number of 4 digits
type template struct {
	parts []string // literal text before each hole, and the rest
	holes []byte
	who   string // whose denial it is
	size  int
}

func newTemplate(text, who string) *template {
	t := &template{who: who, size: len(text) + 256}
	for {
		i := strings.IndexByte(text, '{')
		for i >= 0 && (i+2 >= len(text) || text[i+2] != '}' || !strings.ContainsRune("TUAKXIN", rune(text[i+1]))) {
			next := strings.IndexByte(text[i+1:], '{')
			if next < 0 {
				i = -1
				break
			}
			i += 1 + next
		}
		if i < 0 {
			t.parts = append(t.parts, text)
			return t
		}
		t.parts = append(t.parts, text[:i])
		t.holes = append(t.holes, text[i+1])
		text = text[i+3:]
	}
}

// ink fills holes.
type ink struct {
	dice
	account string
	at      time.Time
	stamp   []byte
}

// setTime sets the event time that is printed from now on.
func (k *ink) setTime(at time.Time) {
	if !at.Equal(k.at) {
		k.at, k.stamp = at, at.AppendFormat(k.stamp[:0], time.RFC3339)
	}
}

// print appends the record with fresh values.
func (t *template) print(b []byte, k *ink) []byte {
	for i, hole := range t.holes {
		b = append(b, t.parts[i]...)
		switch hole {
		case 'T':
			b = append(b, k.stamp...)
		case 'U':
			b = appendUUID(b, k.id())
		case 'A':
			b = append(b, k.account...)
		case 'K':
			x, y := k.Uint64(), k.Uint64()
			for range 8 {
				b = append(b, iamAlphabet[x&31], iamAlphabet[y&31])
				x, y = x>>5, y>>5
			}
		case 'X':
			var raw [9]byte
			x := k.Uint64()
			for j := range raw {
				raw[j] = byte(x)
				x = x>>7 | x<<57
			}
			b = hex.AppendEncode(b, raw[:])
			b = b[:len(b)-1]
		case 'I':
			x := k.Uint32()
			b = appendDecimal(b, byte(x)%200+11)
			for range 3 {
				x >>= 8
				b = append(b, '.')
				b = appendDecimal(b, byte(x))
			}
		case 'N':
			x := k.Uint32()
			for range 4 {
				b = append(b, '1'+byte(x&7))
				x >>= 3
			}
		}
	}
	return append(b, t.parts[len(t.parts)-1]...)
}

// appendDecimal writes a byte as a number.
func appendDecimal(b []byte, n byte) []byte {
	if n >= 100 {
		b = append(b, '0'+n/100)
	}
	if n >= 10 {
		b = append(b, '0'+n/10%10)
	}
	return append(b, '0'+n%10)
}
