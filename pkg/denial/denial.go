// Package denial says whether a messaging call was refused, by which layer and
// why, and what to do about it.
//
// Four layers refuse calls: an IAM policy, the role of the app user in Chime's
// back end, the check of the credentials, and the policy of a VPC endpoint. The
// error code and the grammar of IAM's error messages tell them apart. Names and
// ARNs in a message are the caller's to choose, so what a message says is read
// where IAM writes it, and nowhere else.
//
// The text fields of a Call, a Message and an Advice are as the record has
// them, however hostile: outputs escape them.
package denial

import (
	"net/netip"
	"time"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/principal"
)

// Outcome says how a call was answered, as far as authorization goes.
type Outcome uint8

// The outcomes.
const (
	Other       Outcome = iota // failed for another reason than authorization
	Success                    // no error code
	Refused                    // failed authorization: a denial
	Unavailable                // refused since a feature or a subscription is not available: no denial
)

// Cause says which layer refused a call.
type Cause string

// The causes, by the error code and the IAM message grammar.
const (
	IAM        Cause = "iam"        // an IAM, organisation or session policy
	AppRole    Cause = "app-role"   // the Chime back end: the role of the app-instance user
	Credential Cause = "credential" // expired, unknown or wrongly signed credentials
	Network    Cause = "network"    // a VPC endpoint policy
)

// Call is one messaging call: who asked for what, and how authorization
// answered. A Call whose Outcome is Refused is a denial.
type Call struct {
	Key       cloudtrail.Key
	Time      time.Time // UTC
	Digest    uint64    // of the record's content, see cloudtrail.Record
	Update    bool      // the record updates the one of its key (addendum); set by the pipeline
	Principal principal.Principal

	Operation string // eventName
	Critical  bool   // the operation is critical, see chime.Operation
	Read      bool   // the operation only reads

	Outcome  Outcome
	Cause    Cause      // of a denial, else empty
	Resource string     // ARN, empty where the record names none
	Bearer   string     // ARN of the app-instance user or bot, empty where the record names none
	Source   netip.Addr // invalid where sourceIPAddress is no IP address
	Public   bool       // Source is a public address
	// KnownSource: Source lies in a network that the team named as its own. Set
	// by the pipeline, from the configuration.
	KnownSource bool

	AccessKey string // userIdentity.accessKeyId
	Session   string // the role session's name: the caller chose it; for display only
	Endpoint  string // vpcEndpointId: the VPC endpoint that the call came through
	Through   string // userIdentity.invokedBy: the service that called for the principal
	Foreign   bool   // the caller's account and the recipient's are known and differ
	BadBearer bool   // app-role, and the message says that the bearer's ARN is invalid

	Message    Message // what the IAM error message says
	ErrorCode  string  // as recorded
	ErrorText  string  // errorMessage as recorded
	SourceName string  // sourceIPAddress as recorded
	UserAgent  string
	RequestID  string
}

// Message is an IAM error message, parsed.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
type Message struct {
	Action    string // the refused action, for example "chime:ListChannels"
	Resource  string // what "on resource" names, without quotes
	Cut       bool   // CloudTrail may have cut the end of Resource off
	Policy    Policy // the type of the policy that decided, empty where not named
	Explicit  bool   // an explicit deny; false with a Policy: no such policy allows it
	PolicyARN string // the policy that denies, where named
}

// Policy is a type of policy that IAM names in an error message.
type Policy string

// The policy types.
const (
	ServiceControlPolicy  Policy = "service control policy"
	ResourceControlPolicy Policy = "resource control policy"
	VPCEndpointPolicy     Policy = "VPC endpoint policy"
	PermissionsBoundary   Policy = "permissions boundary"
	SessionPolicy         Policy = "session policy"
	ResourceBasedPolicy   Policy = "resource-based policy"
	RoleTrustPolicy       Policy = "role trust policy"
	IdentityBasedPolicy   Policy = "identity-based policy"
)
