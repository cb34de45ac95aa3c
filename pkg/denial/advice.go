package denial

import "chimewatch/pkg/chime"

// Advice is what to do about one refused call, in the five steps in which AWS
// itself looks into such a refusal: whose credentials, which permission, which
// SDK, what else, and what AWS Support has to know.
//
// Texts are plain words for people, one paragraph each. Names from the record
// stand in them unchanged if they are plain, and otherwise quoted with Go's
// escapes and cut at 256 bytes, so that no line break or invisible character
// acts; links, mentions and markup are left for outputs to defuse.
//
// Commands are for a POSIX shell, complete and on one line. A value from the
// record stands in a command only if its characters mean nothing to a shell or
// to the AWS CLI; otherwise a word in capitals, such as USER_NAME, is there to
// be replaced by hand.
type Advice struct {
	Credentials Step
	Permission  Permission
	Client      Client
	Related     Step
	Support     Support
}

// Step is one step of an Advice.
type Step struct {
	Title    string
	Text     []string
	Commands []string // may be empty
}

// Permission is the step about what refused the call and what would let it
// pass.
type Permission struct {
	Step

	// Statement is the missing permission, nil where none is missing or where
	// an Allow would change nothing.
	Statement *Statement
	// Fill are the resources in Statement with parts in capitals that the
	// record does not tell: they are to be filled in.
	Fill []string

	// Owner is the account that what was asked for belongs to, where it is not the
	// caller's: Statement is then what a role of that account needs. Otherwise it is
	// empty, and Statement what the caller needs.
	Owner string

	// Role is the least role in the app that the bearer needs, empty where
	// that is not what refused the call.
	Role chime.Role
}

// Client is the step about the SDK and its configuration.
type Client struct {
	Step
	SDK          SDK
	OutOfSupport bool // on the day of the call
}

// Support is the step about what AWS Support needs. Its fields are as
// recorded, empty where the record has none; Time is RFC 3339 in UTC.
type Support struct {
	Step
	RequestID, EventID, Region, Time, Operation, ErrorCode string
}

// Steps returns the five steps in order, for outputs that treat them alike.
func (a *Advice) Steps() [5]Step {
	return [5]Step{a.Credentials, a.Permission.Step, a.Client.Step, a.Related, a.Support.Step}
}

// Advise returns what to do about a refused call. It depends on the call
// alone. Calls that were not refused get advice too, which says so.
func Advise(c *Call) Advice {
	return Advice{
		Credentials: credentials(c),
		Permission:  permission(c),
		Client:      client(c),
		Related:     related(c),
		Support:     support(c),
	}
}

// say appends a paragraph.
func (s *Step) say(text string) { s.Text = append(s.Text, text) }

// run appends commands.
func (s *Step) run(commands ...string) { s.Commands = append(s.Commands, commands...) }
