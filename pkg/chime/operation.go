package chime

import (
	"slices"
	"sort"
	"strings"
)

// Operation is one API operation of the messaging or identity client.
type Operation struct {
	Name   string // eventName in CloudTrail, for example "ListChannels"
	Client Client
	Access Access
	Bearer Bearer
	Tag    bool // a tag operation, whose name all Chime clients share

	// Critical says that an attacker gains much by this operation: Why says
	// what, in plain words. Other operations have no Why.
	Critical bool
	Why      string
	Attack   []string // MITRE ATT&CK technique ids, may be empty

	// Resources are the types of resource that IAM checks the operation on,
	// all of them. Empty: the operation has no resource types, only "*" can
	// allow it.
	Resources []Resource
	// Unnamed is a type of which the call names no resource, because it lists
	// or creates them: IAM may check such a call on all of that type at once.
	Unnamed Resource

	// Role is the least role in the app that the back end asks of the bearer.
	// Empty where the operation takes no bearer or AWS documents no role.
	Role     Role
	RoleNote string // a restriction of Role in plain words, may be empty
}

// ReadOnly reports whether the operation only reads.
func (o Operation) ReadOnly() bool { return o.Access == Read || o.Access == List }

// Client names an SDK client, as in the commands of the AWS CLI.
type Client string

// The clients.
const (
	Messaging Client = "chime-sdk-messaging"
	Identity  Client = "chime-sdk-identity"
	Both      Client = "chime-sdk-messaging, chime-sdk-identity" // the tag operations
)

// Access is an operation's access level in IAM.
type Access string

// The access levels.
const (
	Read    Access = "Read"
	List    Access = "List"
	Write   Access = "Write"
	Tagging Access = "Tagging"
)

// Bearer says whether an operation takes the x-amz-chime-bearer header: the
// app-instance user or bot in whose name it is made.
type Bearer string

// What operations ask of the bearer.
const (
	NoBearer Bearer = "none"
	Optional Bearer = "optional"
	Required Bearer = "required"
)

// Role is a role of an app-instance user, from least to most: every role may
// do what the ones before it may.
type Role string

// The roles.
const (
	User      Role = "app-instance user"
	Member    Role = "channel member"
	Moderator Role = "channel moderator"
	Admin     Role = "app-instance admin"
)

// Operations returns the whole catalogue, sorted by name. The result is the
// caller's own.
func Operations() []Operation {
	ops := slices.Clone(catalogue[:])
	for i := range ops {
		ops[i] = ops[i].clone()
	}
	return ops
}

// Lookup returns the operation with this name, matched exactly. The result is
// the caller's own.
func Lookup(name string) (Operation, bool) {
	if i, ok := find(name); ok {
		return catalogue[i].clone(), true
	}
	return Operation{}, false
}

// Critical reports whether name is a critical operation. Like Lookup it looks
// at the name alone.
func Critical(name string) bool {
	i, ok := find(name)
	return ok && catalogue[i].Critical
}

// ReadOnly reports whether the operation only reads: by the catalogue, or for
// operations outside it, those of other services, by the verb that the name
// starts with.
func ReadOnly(name string) bool {
	if i, ok := find(name); ok {
		return catalogue[i].ReadOnly()
	}
	for _, verb := range [...]string{"BatchGet", "Describe", "Get", "Head", "List", "Lookup", "Query", "Scan", "Search"} {
		rest, ok := strings.CutPrefix(name, verb)
		if ok && (rest == "" || rest[0] < 'a' || rest[0] > 'z') {
			return true
		}
	}
	return false
}

func find(name string) (int, bool) {
	return sort.Find(len(catalogue), func(i int) int { return strings.Compare(name, catalogue[i].Name) })
}

func (o Operation) clone() Operation {
	o.Attack = slices.Clone(o.Attack)
	o.Resources = slices.Clone(o.Resources)
	return o
}
