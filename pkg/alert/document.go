package alert

// Schema names the JSON form and its version. Fields may be added under the
// same version; none is removed or changed.
const Schema = "chimewatch.alert/1"

// Document is the JSON form of an alert, documented by
// docs/schemas/alert.schema.json. Its texts are as recorded, hostile ones
// included, in ASCII: whoever shows them escapes them. Times are RFC 3339, UTC.
type Document struct {
	Schema     string   `json:"schema"`
	ID         string   `json:"id"` // drop what came with it before
	IncidentID string   `json:"incident_id"`
	Activity   Activity `json:"activity"`
	Update     int      `json:"update"`
	Drill      bool     `json:"drill"`

	Severity string   `json:"severity"`
	Verdict  string   `json:"verdict"`
	Rules    []string `json:"rules"`
	Causes   []string `json:"causes"`
	Accounts []string `json:"accounts"`
	Regions  []string `json:"regions"`

	Title   string   `json:"title"`   // one line for people, inert
	Summary string   `json:"summary"` // a sentence for people, inert
	Reasons []string `json:"reasons"`
	Steps   []string `json:"steps"` // what to do now, inert
	Attack  []string `json:"attack"`

	Subject         Subj     `json:"subject"`
	Principals      []string `json:"principals"` // keys
	PrincipalsTotal int      `json:"principals_total"`
	Denials         int      `json:"denials"`
	RaisedAt        string   `json:"raised_at"`
	LastSeen        string   `json:"last_seen"`
	ClosedAt        string   `json:"closed_at,omitempty"`
	Updates         []Change `json:"updates"`

	Commands Commands  `json:"commands"`
	Fix      *Fix      `json:"fix,omitempty"`
	Findings []Finding `json:"findings"`
	Evidence []Event   `json:"evidence"`
	Trigger  []string  `json:"trigger"` // event ids of the calls that raised the incident
	Cut      []Cut     `json:"cut,omitempty"`
	CutMore  int       `json:"cut_more,omitempty"` // further cuts that Cut does not list
}

// Subj is the subject of an incident.
type Subj struct {
	Kind string `json:"kind"` // principal, bearer, access-key, network, policy
	Key  string `json:"key"`
}

// Change is an update of an incident.
type Change struct {
	At       string `json:"at"`
	Severity string `json:"severity"`
	Reason   string `json:"reason"`
}

// Commands can be pasted into a POSIX shell; the steps speak of them. What
// stands in capitals is to be filled in.
type Commands struct {
	Look []string `json:"look"` // change nothing
	Stop []string `json:"stop"` // cut the caller off
	Undo []string `json:"undo"` // take back what stop did
	Fix  []string `json:"fix"`  // lead to what is missing
}

// Fix is what would let the most telling refused call pass.
type Fix struct {
	EventID   string   `json:"event_id"`
	Text      []string `json:"text"`
	Action    string   `json:"action,omitempty"`
	Resources []string `json:"resources,omitempty"`
}

// Finding is a finding of the incident.
type Finding struct {
	ID       string   `json:"id"`
	Rule     string   `json:"rule"`
	Title    string   `json:"title"`
	Hour     string   `json:"hour"`
	Start    string   `json:"window_start"`
	End      string   `json:"window_end"` // exclusive
	Severity string   `json:"severity"`
	Verdict  string   `json:"verdict"`
	Denials  int      `json:"denials"`
	Reason   string   `json:"reason"`
	Reasons  []string `json:"reasons"`
	Attack   []string `json:"attack"`
	Evidence []string `json:"evidence"` // event ids
}

// Event is a call in evidence. Of a call whose details are not at hand only
// event id, account, Region, time and address are there.
type Event struct {
	EventID   string `json:"event_id"`
	Account   string `json:"account"`
	Region    string `json:"region"`
	Time      string `json:"time"`
	URL       string `json:"url,omitempty"` // in the CloudTrail console
	Outcome   string `json:"outcome,omitempty"`
	Operation string `json:"operation,omitempty"`
	Critical  bool   `json:"critical,omitempty"`
	Cause     string `json:"cause,omitempty"`
	ErrorCode string `json:"error_code,omitempty"`
	ErrorText string `json:"error_message,omitempty"`
	Resource  string `json:"resource,omitempty"`
	Bearer    string `json:"bearer,omitempty"`

	Principal     string `json:"principal,omitempty"`
	PrincipalType string `json:"principal_type,omitempty"`
	CallerAccount string `json:"caller_account,omitempty"`
	AccessKey     string `json:"access_key,omitempty"`
	Session       string `json:"session,omitempty"`
	Source        string `json:"source,omitempty"`
	UserAgent     string `json:"user_agent,omitempty"`
	RequestID     string `json:"request_id,omitempty"`
	InvokedBy     string `json:"invoked_by,omitempty"`   // the service that called for the principal
	VPCEndpoint   string `json:"vpc_endpoint,omitempty"` // the call came through it
}
