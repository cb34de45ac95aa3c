package doctor

import "time"

// Fact is something that was read, or why it could not be.
type Fact[T any] struct {
	Value T
	Err   *Unread // nil: Value holds
}

// Unread says why a fact is not known.
type Unread struct {
	Action string // the IAM action that reads it, for example "sns:ListSubscriptionsByTopic"
	Denied bool   // these credentials may not
	Err    error
}

// Error returns the reason in one line.
func (u *Unread) Error() string { return u.Action + ": " + u.Err.Error() }

// Unwrap returns the cause.
func (u *Unread) Unwrap() error { return u.Err }

// Facts is what there is to judge.
type Facts struct {
	Now    time.Time
	Region string // where the deployment was looked for
	Caller Fact[string]
	Trails []Trails // of each Region where messaging is
	Stack  Fact[Stack]

	// The rest is of the deployment, and empty where there is none.
	Rules     []Rule
	Topics    []Topic
	Queues    []Queue
	Table     Fact[Table]
	Schedules []Schedule
	// LastRecord, LastAlert and LastSummary are zero where there was none within
	// Lookback.
	LastRecord, LastAlert, LastSummary Fact[time.Time]
}

// Lookback is how far back activity is looked for.
const Lookback = 14 * 24 * time.Hour

// Trails are the trails that a Region sees.
type Trails struct {
	Region string
	Trails Fact[[]Trail]
}

// Trail is a CloudTrail trail.
type Trail struct {
	Name, ARN, Home string
	MultiRegion     bool
	Organization    bool
	Status          Fact[TrailStatus]
	Selectors       Fact[Selectors]
}

// TrailStatus says how a trail is doing.
type TrailStatus struct {
	Logging       bool
	DeliveryError string    // of the last delivery to S3, empty for none
	Delivered     time.Time // the last one; zero if there was none
}

// Selectors say which events a trail logs: basic or advanced ones.
type Selectors struct {
	Basic    []BasicSelector
	Advanced []AdvancedSelector
}

// BasicSelector is one of a trail's event selectors.
type BasicSelector struct {
	Management bool
	ReadWrite  string   // All, ReadOnly or WriteOnly
	Excluded   []string // event sources
}

// AdvancedSelector is one of a trail's advanced event selectors; all its fields
// have to match.
type AdvancedSelector struct{ Fields []FieldSelector }

// FieldSelector is a condition on one field. Of the positive lists one text has
// to match, of the negative ones none may.
type FieldSelector struct {
	Field                                 string
	Equals, StartsWith, EndsWith          []string
	NotEquals, NotStartsWith, NotEndsWith []string
}

// Stack is the deployment's CloudFormation stack.
type Stack struct {
	Name, Status string // Status empty: there is none
}

// Rule is an EventBridge rule of the deployment.
type Rule struct {
	Name, Region string
	Purpose      Purpose
	Found        Fact[RuleState]
}

// Purpose is what a rule is for.
type Purpose int

// The purposes.
const (
	Denials   Purpose = iota // brings denied calls
	Successes                // brings critical calls that succeeded
	Forward                  // brings denied calls from another Region
)

// RuleState is how a rule was found.
type RuleState struct {
	Exists   bool
	State    string // ENABLED, DISABLED or ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS
	Targets  Fact[int]
	Rejected Fact[[]string] // names of the samples that the pattern does not let through
}

// Topic is an SNS topic of the deployment.
type Topic struct {
	Name          string // people, machines, chat, summaries
	ARN           string
	Subscriptions Fact[[]Subscription]
}

// Subscription is one of a topic.
type Subscription struct {
	Protocol, Endpoint string
	Pending            bool // not confirmed
}

// Queue is an SQS queue of the deployment.
type Queue struct {
	Name  string
	URL   string
	Dead  bool // a dead-letter queue
	Depth Fact[Depth]
}

// Depth is how many messages a queue holds.
type Depth struct{ Waiting, InFlight int }

// Table is the DynamoDB table.
type Table struct {
	Name   string
	Exists bool
	TTL    string // ENABLED, DISABLED, ...
	PITR   string // point-in-time recovery, likewise; empty if unknown
}

// Schedule is a schedule of EventBridge Scheduler.
type Schedule struct {
	Name    string
	Purpose string // what does not happen without it
	Found   Fact[ScheduleState]
}

// ScheduleState is how a schedule was found.
type ScheduleState struct {
	Exists     bool
	State      string // ENABLED or DISABLED
	Expression string
}
