package denial

import (
	"strings"

	"chimewatch/pkg/chime"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/principal"
)

// Classify says what a record's call was and how authorization answered it.
// The caller has checked that the record is in scope; nothing else is asked of
// it: what it lacks is empty in the Call.
func Classify(rec *cloudtrail.Record) Call {
	c := Call{
		Key:       rec.Key(),
		Time:      rec.EventTime,
		Digest:    rec.Digest,
		Principal: principal.Of(&rec.Identity),

		Operation: rec.EventName,
		Critical:  chime.Critical(rec.EventName),
		Read:      chime.ReadOnly(rec.EventName),

		Bearer: arnOnly(rec.Parameter("chimeBearer")),
		Source: sourceAddr(rec.SourceIP),

		AccessKey: rec.Identity.AccessKeyID,
		Session:   principal.Session(&rec.Identity),
		Endpoint:  rec.VPCEndpointID,
		Through:   rec.Identity.InvokedBy,
		Foreign:   foreign(rec),

		ErrorCode:  rec.ErrorCode,
		ErrorText:  rec.ErrorMessage,
		SourceName: rec.SourceIP,
		UserAgent:  rec.UserAgent,
		RequestID:  rec.RequestID,
	}
	c.Public = isPublic(c.Source)
	if rec.ErrorCode == "" {
		c.Outcome = Success
		c.Resource = requested(rec)
		return c
	}
	p := parse(rec.ErrorMessage)
	c.Outcome, c.Cause = causeOf(rec.ErrorCode, rec.ErrorMessage, &p)
	c.Resource = requested(rec)
	if c.Outcome != Refused {
		return c
	}
	c.Message = p.Message
	if c.Resource == "" && !p.Cut {
		c.Resource = arnOnly(p.Resource)
	}
	c.BadBearer = c.Cause == AppRole && strings.Contains(rec.ErrorMessage, "invalid app instance user ARN")
	return c
}

// requested returns the ARN of the resource that the request is about, as far
// as the record's own fields name it.
func requested(rec *cloudtrail.Record) string {
	for _, name := range [...]string{"channelArn", "channelFlowArn", "appInstanceArn", "appInstanceUserArn", "resourceARN"} {
		if arn := arnOnly(rec.Parameter(name)); arn != "" {
			return arn
		}
	}
	return arnOnly(rec.ResourceARN)
}

// foreign reports whether the caller's account and the account that got the
// record are both known and differ.
func foreign(rec *cloudtrail.Record) bool {
	caller, recipient := rec.Identity.AccountID, rec.RecipientAccount
	return caller != "" && recipient != "" && caller != recipient
}

// arnOnly returns s if it begins like an ARN, else "".
func arnOnly(s string) string {
	if strings.HasPrefix(s, "arn:") {
		return s
	}
	return ""
}
