package simulate

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"time"
)

// species of principal.
type species uint8

const (
	lambdaRole  species = iota // a function's role
	ecsRole                    // a container's
	ec2Role                    // a server's
	eksRole                    // a pod's, through the cluster's identity provider
	ciRole                     // a pipeline's, through its identity provider
	appRole                    // the one role of all app users, through Cognito
	person                     // of IAM Identity Center
	iamPerson                  // an IAM user with a long-lived key, a person
	iamServer                  // an IAM user with a long-lived key, a machine
	foreignRole                // a role of an account outside the organisation
	rootUser                   // an account's root
	serviceName                // an AWS service on its own behalf
	serviceBare                // an AWS service in a record without identity type
)

// principal is somebody with credentials.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
type principal struct {
	species  species
	name     string // of the role, user or service
	path     string // IAM path, with slashes at both ends
	account  *account
	uid      string // IAM's unique identifier
	key      string // the stable key, see Label
	session  string // constant session name; empty: it follows from the species
	provider string // identity provider of web identities
	masked   bool   // foreign: the record shows only account and principal id
	mfa      bool

	allowed  opset
	daily    []*operation // what it does all day
	instance *appInstance // where
	bounded  bool         // a permissions boundary is what lacks the permission

	networks []network
	agents   []string
	zone     time.Duration // of its working hours, east of UTC
}

// human says whether the principal keeps working hours.
func (p *principal) human() bool { return p.species == person || p.species == iamPerson }

// workload says whether the principal is a machine of the team.
func (p *principal) workload() bool {
	return p.species <= eksRole || p.species == iamServer
}

// role says whether calls come in sessions.
func (p *principal) role() bool { return p.species <= person || p.species == foreignRole }

// settle fills in the identifiers that follow from species, name, path, account.
func (p *principal) settle() *principal {
	if p.path == "" {
		p.path = "/"
	}
	a := p.account.id
	switch p.species {
	case person:
		p.uid = iamID("AROA", a, p.name)
		p.key = "arn:aws:iam::" + a + ":role/" + p.name + "/" + p.session
	case iamPerson, iamServer:
		p.uid = iamID("AIDA", a, p.name)
		p.key = "arn:aws:iam::" + a + ":user" + p.path + p.name
	case rootUser:
		p.uid, p.key = a, "arn:aws:iam::"+a+":root"
	case serviceName, serviceBare:
		p.key = p.name
	default:
		p.uid = iamID("AROA", a, p.name)
		p.key = "arn:aws:iam::" + a + ":role/" + p.name
		if p.masked {
			p.session = hexOf(16, "masked", a, p.name)
			p.key = "aws-account:" + a + ":" + p.uid + ":" + p.session
		}
	}
	return p
}

// session is one set of credentials.
type session struct {
	name    string    // of the role session; empty for users
	key     string    // access key id
	created time.Time // zero for users
	mfa     bool
}

// life is how long a session of the principal lasts.
func (p *principal) life() time.Duration {
	switch p.species {
	case ciRole, appRole:
		return time.Hour
	case person:
		return 8 * time.Hour
	case eksRole:
		return 12 * time.Hour
	default:
		return 6 * time.Hour
	}
}

// sessionAt is the session that a replica of p has at a time: its host, its
// function's instance or, for app users, the user.
func (p *principal) sessionAt(at time.Time, replica int) session {
	r := strconv.Itoa(replica)
	if !p.role() {
		if p.species == serviceName || p.species == serviceBare {
			return session{}
		}
		return session{key: iamID("AKIA", p.key, "static"), mfa: p.mfa}
	}
	life := int64(p.life() / time.Second)
	seed := hashed(p.key, r)
	offset := int64(binary.BigEndian.Uint32(seed[:4])) % life // not all begin at once
	epoch := (at.Unix() + offset) / life
	return p.newSession(time.Unix(epoch*life-offset, 0).UTC(), r, strconv.FormatInt(epoch, 10))
}

// newSession is a session made at a time; salt makes it different from others.
func (p *principal) newSession(created time.Time, salt ...string) session {
	path := append([]string{p.key}, salt...)
	s := session{
		name: p.session, key: iamID("ASIA", path...),
		created: created.Truncate(time.Second), mfa: p.mfa,
	}
	if s.name != "" {
		return s
	}
	week := strconv.FormatInt(created.Unix()/(7*86400), 10)
	switch p.species {
	case lambdaRole:
		s.name = p.name
	case ecsRole:
		s.name = hexOf(32, p.key, salt[0], week)
	case ec2Role:
		s.name = "i-0" + hexOf(16, p.key, salt[0], week)
	case eksRole:
		s.name = fmt.Sprintf("botocore-session-%d", 1_700_000_000+int(hashed(path...)[0])*7919+created.Minute())
	case ciRole:
		s.name = "GitHubActions"
	case appRole:
		s.name = "CognitoIdentityCredentials"
	default:
		s.name = "session-" + hexOf(8, path...)
	}
	return s
}

// arn is the ARN by which records and messages name p in session s.
func (p *principal) arn(s session) string {
	switch {
	case p.species == rootUser || p.species == iamPerson || p.species == iamServer:
		return p.key
	case p.role():
		return "arn:aws:sts::" + p.account.id + ":assumed-role/" + p.name + "/" + s.name
	default:
		return p.name
	}
}
