package principal

import "strings"

// arn is an Amazon Resource Name, in its parts:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
type arn struct {
	partition, service, account, resource string
}

func parseARN(s string) (a arn, ok bool) {
	rest, ok := strings.CutPrefix(s, "arn:")
	if !ok {
		return arn{}, false
	}
	part := func() string {
		var p string
		p, rest, ok = strings.Cut(rest, ":")
		return p
	}
	a.partition = part()
	a.service = part()
	part() // Region
	a.account = part()
	a.resource = rest
	return a, ok
}

// role is an IAM role.
type role struct {
	partition, account, path, name string // the path begins and ends with a slash
}

// parseRole reads arn:PARTITION:iam::ACCOUNT:role/PATH/NAME.
func parseRole(s string) (role, bool) {
	a, ok := parseARN(s)
	if !ok || a.service != "iam" || a.account == "" || !strings.HasPrefix(a.resource, "role/") {
		return role{}, false
	}
	slash := strings.LastIndexByte(a.resource, '/')
	r := role{
		partition: a.partition,
		account:   a.account,
		path:      a.resource[len("role") : slash+1],
		name:      a.resource[slash+1:],
	}
	return r, r.name != ""
}

func (r role) key() string {
	return "arn:" + firstOf(r.partition, "aws") + ":iam::" + r.account + ":role/" + r.name
}

// session is a session of an assumed role.
type session struct {
	role role // without its path, which the session's ARN leaves out
	name string
}

// parseSession reads arn:PARTITION:sts::ACCOUNT:assumed-role/ROLE/SESSION. The
// session is all that follows the second slash and may be missing.
func parseSession(s string) (session, bool) {
	a, ok := parseARN(s)
	rest, found := strings.CutPrefix(a.resource, "assumed-role/")
	if !ok || !found || a.service != "sts" || a.account == "" {
		return session{}, false
	}
	roleName, name, _ := strings.Cut(rest, "/")
	return session{
		role: role{partition: a.partition, account: a.account, path: "/", name: roleName},
		name: name,
	}, roleName != ""
}
