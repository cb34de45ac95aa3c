package cloudtrail

import (
	"bytes"
	"strings"
	"time"
)

// Decode decodes one record, given as a JSON object. Names of members must
// match exactly; of members with the same name the last counts. Members that
// are absent, null or of another type than documented give zero values, other
// members are ignored. A record without an event id gets one that is derived
// from its content: "content-" and 32 hexadecimal digits, the same whatever
// its formatting.
//
// The record does not refer to raw. An error is a *SyntaxError whose offset
// counts from the start of raw; the record is then zero.
func Decode(raw []byte) (Record, error) {
	p := parser{b: raw}
	start := skipSpace(raw, 0)
	if start == len(raw) {
		return Record{}, undecodable(start, "no JSON, expected a record")
	}
	hash, end, ok := p.value(start, 0, wholeRecord)
	if !ok {
		return Record{}, undecodable(end, p.problem)
	}
	if rest := skipSpace(raw, end); rest < len(raw) {
		return Record{}, undecodable(rest, "the JSON goes on after the record: "+found(raw[rest:]))
	}
	raw = raw[start:end]
	if raw[0] != '{' {
		return Record{}, undecodable(start, kindOf(raw)+", expected a record, which is an object")
	}
	r := p.fields.record()
	r.Digest = hash
	if r.EventID == "" {
		r.EventID = contentID(raw)
	}
	return r, nil
}

func undecodable(offset int, problem string) error {
	return &SyntaxError{Pos: Position{Offset: int64(offset)}, Problem: problem,
		Remedy: "look at the record where it came from"}
}

// record returns the record that the fields make.
func (v *fields) record() Record {
	var texts strings.Builder // all in one allocation, hardly larger than they are
	texts.Grow(v.textSize())
	text := func(f field) string { return v.text(f, &texts) }
	r := Record{
		EventID:     text(eventID),
		EventTime:   parseTime(v.raw[eventTime]),
		EventSource: text(eventSource),
		EventName:   text(eventName),
		EventType:   text(eventType),
		Category:    text(eventCategory),

		Region:           text(awsRegion),
		RecipientAccount: text(recipientAccountID),
		SourceIP:         text(sourceIPAddress),
		UserAgent:        text(userAgent),
		ErrorCode:        text(errorCode),
		ErrorMessage:     text(errorMessage),
		RequestID:        text(requestID),
		SharedEventID:    text(sharedEventID),
		VPCEndpointID:    text(vpcEndpointID),
		OriginalEventID:  text(originalEventID),
		ExportTime:       text(exportTime),

		Identity: Identity{
			Type:             text(identityType),
			PrincipalID:      text(principalID),
			ARN:              text(identityARN),
			AccountID:        text(accountID),
			AccessKeyID:      text(accessKeyID),
			UserName:         text(userName),
			InvokedBy:        text(invokedBy),
			IdentityProvider: text(identityProvider),

			IssuerType:        text(issuerType),
			IssuerARN:         text(issuerARN),
			IssuerPrincipalID: text(issuerPrincipalID),
			IssuerAccountID:   text(issuerAccountID),
			IssuerUserName:    text(issuerUserName),
			SessionCreated:    text(creationDate),
			MFA:               text(mfaAuthenticated),
			SourceIdentity:    text(sourceIdentity),

			FederatedProvider: text(federatedProvider),
			IdentityStoreARN:  text(identityStoreARN),
			OnBehalfOfUserID:  text(onBehalfOfUserID),
		},
		ResourceARN: text(resourceARN),
	}
	if p := v.raw[requestParameters]; len(p) > 0 && p[0] == '{' {
		r.Parameters = bytes.Clone(p)
	}
	return r
}

// parseTime parses a JSON string that holds an RFC 3339 time with an offset;
// anything else is the zero time.
func parseTime(value []byte) (t time.Time) {
	if len(value) == 0 || value[0] != '"' {
		return t
	}
	text, _ := unescape(make([]byte, 0, 40), value[1:len(value)-1])
	if t.UnmarshalText(text) != nil || !isStrict(text) {
		return time.Time{}
	}
	if t = t.UTC(); t.Year() < 0 || t.Year() > 9999 {
		return time.Time{} // in UTC it can't be written as RFC 3339 any more
	}
	return t
}

// isStrict refuses what time.Time.UnmarshalText accepts beyond RFC 3339: hours
// of one digit, a comma for the point, offsets of more than a day
// (https://go.dev/issue/54580).
func isStrict(text []byte) bool {
	const seconds = len("2006-01-02T15:04:05")
	if len(text) <= seconds || text[13] != ':' || text[seconds] == ',' {
		return false
	}
	if text[len(text)-1] == 'Z' {
		return true
	}
	offset := text[len(text)-len("07:00"):]
	return string(offset[:2]) < "24" && string(offset[3:]) < "60"
}

// textSize returns how many bytes the texts of all fields take at most.
func (v *fields) textSize() (size int) {
	for _, value := range v.raw[eventID:] {
		if len(value) > 0 && value[0] == '"' {
			size += len(value)
		}
	}
	return size
}

// text appends the text of a field to texts and returns it; it is empty unless
// the field is a string.
func (v *fields) text(f field, texts *strings.Builder) string {
	value := v.raw[f]
	if len(value) == 0 || value[0] != '"' {
		return ""
	}
	text := value[1 : len(value)-1]
	if v.plain&(1<<f) == 0 {
		text, _ = unescape(nil, text)
	}
	start := texts.Len()
	texts.Write(text)
	return texts.String()[start:]
}
