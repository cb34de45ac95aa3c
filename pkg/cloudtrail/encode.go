package cloudtrail

import "time"

// Encode returns the record as the JSON of a CloudTrail record.
func (r *Record) Encode() []byte { return r.AppendJSON(nil) }

// AppendJSON appends the record as the JSON of a CloudTrail record to dst.
// Decode returns an equal record from it, but for Digest: that is then the
// digest of the members that a Record keeps, since the others are not written.
//
// Zero fields are left out. So are Parameters that are not a valid JSON object
// and times that have no year of four digits, neither of which Decode returns.
func (r *Record) AppendJSON(dst []byte) []byte {
	w := writer{dst: dst}
	w.open("")
	w.text("eventID", r.EventID)
	if t := r.EventTime.UTC(); !t.IsZero() && 0 <= t.Year() && t.Year() <= 9999 {
		w.text("eventTime", t.Format(time.RFC3339Nano))
	}
	w.text("eventSource", r.EventSource)
	w.text("eventName", r.EventName)
	w.text("eventType", r.EventType)
	w.text("eventCategory", r.Category)
	w.text("awsRegion", r.Region)
	w.text("recipientAccountId", r.RecipientAccount)
	w.text("sourceIPAddress", r.SourceIP)
	w.text("userAgent", r.UserAgent)
	w.text("errorCode", r.ErrorCode)
	w.text("errorMessage", r.ErrorMessage)
	w.text("requestID", r.RequestID)
	w.text("sharedEventID", r.SharedEventID)
	w.text("vpcEndpointId", r.VPCEndpointID)
	w.text("@timestamp", r.ExportTime)
	if r.OriginalEventID != "" {
		w.open("addendum")
		w.text("originalEventID", r.OriginalEventID)
		w.close()
	}
	if r.Identity != (Identity{}) {
		w.identity(&r.Identity)
	}
	if isObject(r.Parameters) {
		w.name("requestParameters")
		w.dst = append(w.dst, r.Parameters...)
	}
	if r.ResourceARN != "" {
		w.name("resources")
		w.dst = append(w.dst, '[')
		w.open("")
		w.text("ARN", r.ResourceARN)
		w.close()
		w.dst = append(w.dst, ']')
	}
	w.close()
	return w.dst
}

// writer writes the members of objects.
type writer struct{ dst []byte }

// name begins a member.
func (w *writer) name(name string) {
	if w.dst[len(w.dst)-1] != '{' {
		w.dst = append(w.dst, ',')
	}
	w.dst = append(appendString(w.dst, name), ':')
}

// open begins an object, as a member unless it has no name.
func (w *writer) open(name string) {
	if name != "" {
		w.name(name)
	}
	w.dst = append(w.dst, '{')
}

func (w *writer) close() { w.dst = append(w.dst, '}') }

// text writes a member that is a string, unless it is empty.
func (w *writer) text(name, value string) {
	if value != "" {
		w.name(name)
		w.dst = appendString(w.dst, value)
	}
}

func (w *writer) identity(id *Identity) {
	w.open("userIdentity")
	w.text("type", id.Type)
	w.text("principalId", id.PrincipalID)
	w.text("arn", id.ARN)
	w.text("accountId", id.AccountID)
	w.text("accessKeyId", id.AccessKeyID)
	w.text("userName", id.UserName)
	w.text("invokedBy", id.InvokedBy)
	w.text("identityProvider", id.IdentityProvider)

	w.open("sessionContext")
	w.open("sessionIssuer")
	w.text("type", id.IssuerType)
	w.text("arn", id.IssuerARN)
	w.text("principalId", id.IssuerPrincipalID)
	w.text("accountId", id.IssuerAccountID)
	w.text("userName", id.IssuerUserName)
	w.close()
	w.open("attributes")
	w.text("creationDate", id.SessionCreated)
	w.text("mfaAuthenticated", id.MFA)
	w.close()
	w.open("webIdFederationData")
	w.text("federatedProvider", id.FederatedProvider)
	w.close()
	w.text("sourceIdentity", id.SourceIdentity)
	w.close()

	w.open("onBehalfOf")
	w.text("identityStoreArn", id.IdentityStoreARN)
	w.text("userId", id.OnBehalfOfUserID)
	w.close()
	w.close()
}

// isObject reports whether b is one valid JSON object and nothing else.
func isObject(b []byte) bool {
	if len(b) == 0 || b[0] != '{' {
		return false
	}
	p := parser{b: b}
	_, end, ok := p.value(0, 1, otherField)
	return ok && end == len(b)
}
