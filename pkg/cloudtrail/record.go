package cloudtrail

import "time"

// Record is one CloudTrail record, whatever carried it: the fields that
// chimewatch reads, as they stood in the record. A field that was absent, null
// or of another JSON type than documented is the zero value.
//
// Field documentation:
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
type Record struct {
	EventID     string    // globally unique; derived from the content where the record has none
	EventTime   time.Time // UTC; zero where missing or not RFC 3339 with an offset
	EventSource string    // for example "chime.amazonaws.com"
	EventName   string    // the API operation, for example "ListChannels"
	EventType   string    // AwsApiCall, AwsServiceEvent, AwsVpceEvent, ...
	Category    string    // eventCategory: Management, Data, Insight, NetworkActivity

	Region           string // awsRegion
	RecipientAccount string // recipientAccountId
	SourceIP         string // sourceIPAddress: an address, a service's DNS name or "AWS Internal"
	UserAgent        string // caller-controlled; cut at 1 KB by CloudTrail
	ErrorCode        string // empty for a success
	ErrorMessage     string // cut at 1 KB by CloudTrail
	RequestID        string
	SharedEventID    string
	VPCEndpointID    string
	OriginalEventID  string // addendum.originalEventID: the record that this one updates
	ExportTime       string // "@timestamp", which exports of other tools have in place of eventTime

	Identity Identity

	// Parameters is requestParameters as raw JSON, nil unless it is an object.
	Parameters []byte
	// ResourceARN is resources[0].ARN.
	ResourceARN string

	// Digest is a hash of the record's whole content that does not depend on
	// key order, white space or escapes: equal content, equal digest.
	Digest uint64
}

// Identity is userIdentity.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
type Identity struct {
	Type             string // IAMUser, AssumedRole, Root, AWSService, ... or empty
	PrincipalID      string
	ARN              string
	AccountID        string
	AccessKeyID      string
	UserName         string
	InvokedBy        string
	IdentityProvider string

	IssuerType        string // sessionContext.sessionIssuer.type
	IssuerARN         string // sessionContext.sessionIssuer.arn
	IssuerPrincipalID string // sessionContext.sessionIssuer.principalId
	IssuerAccountID   string // sessionContext.sessionIssuer.accountId
	IssuerUserName    string // sessionContext.sessionIssuer.userName
	SessionCreated    string // sessionContext.attributes.creationDate, as written
	MFA               string // sessionContext.attributes.mfaAuthenticated, "true" or "false"
	SourceIdentity    string // sessionContext.sourceIdentity

	FederatedProvider string // sessionContext.webIdFederationData.federatedProvider
	IdentityStoreARN  string // onBehalfOf.identityStoreArn
	OnBehalfOfUserID  string // onBehalfOf.userId
}

// Key identifies a record across every road that it may arrive by. An update
// of a record (addendum) has the key of the record that it updates.
type Key struct {
	Account string // recipientAccountId
	Region  string // awsRegion
	EventID string
}

// Key returns the record's key.
func (r *Record) Key() Key {
	id := r.EventID
	if r.OriginalEventID != "" {
		id = r.OriginalEventID
	}
	return Key{Account: r.RecipientAccount, Region: r.Region, EventID: id}
}
