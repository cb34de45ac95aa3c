package alert_test

import (
	"fmt"
	"slices"
	"time"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// Names of the scenarios, all made up.
const (
	account  = "111122223333"
	region   = "us-east-1"
	roleKey  = "arn:aws:iam::111122223333:role/chat-backend"
	userKey  = "arn:aws:iam::111122223333:user/deploy/ci-runner"
	instance = "arn:aws:chime:us-east-1:111122223333:app-instance/aaaabbbb-1111-2222-3333-444455556666"
	keyID    = "AKIAIOSFODNN7EXAMPLE"
	sdk      = "aws-sdk-nodejs/2.1586.0 linux/v20.15.1 promise"
	policy   = "arn:aws:organizations::999988887777:policy/o-exampleorg/service_control_policy/p-examplepol"
)

func start() time.Time { return time.Date(2026, 1, 5, 3, 12, 7, 0, time.UTC) }

// scene collects records and makes an alert of them.
type scene struct {
	records []cloudtrail.Record
}

// role is the identity of a session of a role.
func role(key, session string) cloudtrail.Identity {
	name := key[len("arn:aws:iam::111122223333:role/"):]
	return cloudtrail.Identity{
		Type: "AssumedRole", AccountID: account, AccessKeyID: "ASIAIOSFODNN7EXAMPLE", PrincipalID: "AROAEXAMPLE:" + session,
		ARN: "arn:aws:sts::111122223333:assumed-role/" + name + "/" + session, IssuerType: "Role", IssuerARN: key, IssuerAccountID: account,
	}
}

func user() cloudtrail.Identity {
	return cloudtrail.Identity{Type: "IAMUser", AccountID: account, AccessKeyID: keyID, ARN: userKey, UserName: "ci-runner", PrincipalID: "AIDAEXAMPLE"}
}

// add adds a record, a minute after the one before unless it has a time.
func (s *scene) add(r cloudtrail.Record) {
	n := len(s.records)
	if r.EventTime.IsZero() {
		r.EventTime = start().Add(time.Duration(n) * time.Minute)
	}
	if r.EventID == "" {
		r.EventID = fmt.Sprintf("0f1e2d3c-0000-4000-8000-%012d", n+1)
	}
	r.EventSource, r.EventType = "chime.amazonaws.com", "AwsApiCall"
	r.Region, r.RecipientAccount = region, account
	r.RequestID = fmt.Sprintf("6b1d8f40-0000-4000-8000-%012d", n+1)
	if r.SourceIP == "" {
		r.SourceIP = "203.0.113.7"
	}
	if r.UserAgent == "" {
		r.UserAgent = sdk
	}
	s.records = append(s.records, r)
}

// denied adds a refusal by IAM.
func (s *scene) denied(id cloudtrail.Identity, operation, resource string) {
	s.add(cloudtrail.Record{
		Identity: id, EventName: operation, ErrorCode: "AccessDeniedException",
		ErrorMessage: "User: " + id.ARN + " is not authorized to perform: chime:" + operation + " on resource: " + resource + " because no identity-based policy allows the chime:" + operation + " action",
		Parameters:   []byte(`{"channelArn":"` + resource + `"}`),
	})
}

// input makes the alert: one finding of the rule with all calls in evidence.
func (s *scene) input(rule detect.Rule, kind tally.Kind, key string, severity triage.Severity, verdict triage.Verdict, reason string) alert.Input {
	calls := map[cloudtrail.Key]*denial.Call{}
	var refs []tally.Ref
	var principals []string
	denials := 0
	for i := range s.records {
		c := denial.Classify(&s.records[i])
		calls[c.Key] = &c
		refs = append(refs, tally.Ref{Time: c.Time, Key: c.Key})
		if !slices.Contains(principals, c.Principal.Key) {
			principals = append(principals, c.Principal.Key)
		}
		if c.Outcome == denial.Refused {
			denials++
		}
	}
	slices.Sort(principals)
	first, last := refs[0].Time, refs[len(refs)-1].Time
	subject := tally.Subject{Kind: kind, Key: key}
	in := alert.Input{
		ID: "i-5d41402abc4b2a76b971-0", Calls: calls,
		Incident: triage.Incident{
			ID: "i-5d41402abc4b2a76b971", Subject: subject,
			Assessment: triage.Assessment{Severity: severity, Verdict: verdict, Reasons: []string{reason}},
			RaisedAt:   last.Truncate(time.Minute).Add(time.Minute), LastSeen: last, Trigger: refs, Principals: principals, Denials: denials,
		},
	}
	if rule != "" {
		f := triage.Finding{
			Finding: detect.Finding{
				ID: "f-7d793037a0760186574b", Rule: rule, Subject: subject, Hour: tally.HourOf(first),
				Window:  detect.Span{Start: first.Truncate(time.Minute), End: last.Truncate(time.Minute).Add(time.Minute)},
				Denials: denials, Reason: fmt.Sprintf("%d denials counted", denials), Evidence: refs[:min(len(refs), detect.MaxEvidence)],
			},
			Assessment: in.Incident.Assessment, Principals: principals,
		}
		in.Findings = []triage.Finding{f}
		in.Incident.Findings, in.Incident.Rules = []string{f.ID}, []detect.Rule{rule}
	}
	return in
}

// ruleScene makes a typical alert of a rule.
func ruleScene(rule detect.Rule, verdict triage.Verdict) alert.Input {
	var s scene
	backend := role(roleKey, "i-0abc")
	channel := func(n int) string { return fmt.Sprintf("%s/channel/%04d", instance, n) }
	severity, reason := triage.High, "from a network that was not seen before"
	switch verdict {
	case triage.Misconfiguration:
		severity, reason = triage.Medium, "one workload, one operation, at regular times"
	case triage.Unclear:
		severity, reason = triage.Medium, "too little was seen to tell"
	}
	reads := []string{"ListChannels", "ListChannelMessages", "DescribeChannel", "ListChannelMemberships", "SearchChannels", "GetMessagingStreamingConfigurations"}
	many := func(n int, id cloudtrail.Identity) {
		for i := range n {
			s.denied(id, "SendChannelMessage", channel(1+i%2))
		}
	}
	switch rule {
	case detect.DenialBurst, detect.RateAnomaly:
		many(12, backend)
	case detect.OperationEnumeration, detect.SlowEnumeration:
		for i, op := range reads {
			s.denied(backend, op, channel(i))
		}
	case detect.ResourceSweep, detect.SlowSweep:
		for i := range 12 {
			s.denied(backend, "ListChannelMessages", channel(i))
		}
	case detect.CriticalOperation:
		severity = max(severity, triage.High)
		s.denied(backend, "CreateAppInstanceAdmin", instance)
		s.denied(backend, "PutMessagingStreamingConfigurations", instance)
	case detect.CredentialFailure:
		for range 4 {
			s.add(cloudtrail.Record{Identity: user(), EventName: "ListChannels", ErrorCode: "ExpiredTokenException", ErrorMessage: "The security token included in the request is expired"})
		}
		return s.input(rule, tally.Principal, userKey, severity, verdict, reason)
	case detect.Impersonation:
		for i := range 5 {
			s.add(cloudtrail.Record{
				Identity: backend, EventName: "ListChannels", ErrorCode: "ForbiddenException",
				ErrorMessage: "An invalid app instance user ARN was supplied for the x-amz-chime-bearer HTTP header.",
				Parameters:   fmt.Appendf(nil, `{"chimeBearer":"%s/user/guess-%d"}`, instance, i),
			})
		}
	case detect.Breakthrough:
		severity = triage.Critical
		s.denied(backend, "CreateAppInstanceAdmin", instance)
		s.add(cloudtrail.Record{Identity: backend, EventName: "CreateAppInstanceAdmin", Parameters: []byte(`{"appInstanceArn":"` + instance + `"}`)})
	case detect.QuarantinedKey:
		severity = triage.Critical
		s.add(cloudtrail.Record{
			Identity: user(), EventName: "ListChannels", ErrorCode: "AccessDeniedException",
			ErrorMessage: "User: " + userKey + " is not authorized to perform: chime:ListChannels on resource: " + instance + "/channel/* with an explicit deny in an identity-based policy: arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3",
		})
		return s.input(rule, tally.Principal, userKey, severity, verdict, "AWS found the key in public")
	case detect.ForeignAccount:
		id := role(roleKey, "x")
		id.AccountID, id.IssuerAccountID = "444455556666", "444455556666"
		id.ARN, id.IssuerARN = "arn:aws:sts::444455556666:assumed-role/partner/x", "arn:aws:iam::444455556666:role/partner"
		s.denied(id, "ListChannels", channel(1))
		return s.input(rule, tally.Principal, "arn:aws:iam::444455556666:role/partner", severity, verdict, reason)
	case detect.RootDenied:
		id := cloudtrail.Identity{Type: "Root", AccountID: account, ARN: "arn:aws:iam::111122223333:root", PrincipalID: account}
		s.denied(id, "DescribeAppInstance", instance)
		return s.input(rule, tally.Principal, id.ARN, triage.High, verdict, "nobody should work as root")
	case detect.CredentialSpread:
		for i, ip := range []string{"198.51.100.9", "203.0.113.7", "192.0.2.44"} {
			s.denied(user(), "ListChannels", channel(i))
			s.records[i].SourceIP = ip
		}
		return s.input(rule, tally.AccessKey, keyID, severity, verdict, reason)
	case detect.SharedSource:
		for i, name := range []string{"chat-backend", "billing", "search"} {
			s.denied(role("arn:aws:iam::111122223333:role/"+name, "s"), "ListChannels", channel(i))
		}
		return s.input(rule, tally.Network, "203.0.113.0/24", severity, verdict, reason)
	}
	return s.input(rule, tally.Principal, roleKey, severity, verdict, reason)
}

// bearerScene is about an app user.
func bearerScene() alert.Input {
	var s scene
	bearer := instance + "/user/mallory"
	for i, op := range []string{"DeleteChannel", "RedactChannelMessage", "CreateChannelModerator", "DeleteChannelMessage"} {
		s.add(cloudtrail.Record{
			Identity: role(roleKey, "CognitoIdentityCredentials"), EventName: op, ErrorCode: "ForbiddenException", ErrorMessage: "Forbidden",
			Parameters: fmt.Appendf(nil, `{"channelArn":"%s/channel/%d","chimeBearer":"%s"}`, instance, i, bearer),
		})
	}
	return s.input(detect.CriticalOperation, tally.Bearer, bearer, triage.High, triage.Probing, "an app user tries 4 critical operations within 60 minutes")
}

// rolloutScene is a policy that refuses n principals at once.
func rolloutScene(n int) alert.Input {
	var s scene
	for i := range n {
		id := role(fmt.Sprintf("arn:aws:iam::111122223333:role/service-%04d", i), "s")
		s.add(cloudtrail.Record{
			EventTime: start().Add(time.Duration(i) * time.Second),
			Identity:  id, EventName: "SendChannelMessage", ErrorCode: "AccessDeniedException",
			ErrorMessage: "User: " + id.ARN + " is not authorized to perform: chime:SendChannelMessage on resource: " + instance + "/channel/1 with an explicit deny in a service control policy: " + policy,
		})
	}
	return s.input("", tally.Policy, policy, triage.Medium, triage.Misconfiguration, fmt.Sprintf("one organisation policy refused %d actors within 60 minutes: it looks like a roll-out", n))
}

// hostileScene has hostile text wherever a caller can write.
func hostileScene() alert.Input {
	const evil = "=cmd|'/c calc'!A1\r\nSubject: all clear\x1b[2J\u202egnp.exe\u200b <!channel> @here <https://evil.example/x|ok> [a](http://evil.example) `rm -rf ~` <script>alert(1)</script> $(reboot) admın"
	var s scene
	id := role(roleKey, evil)
	id.ARN = "arn:aws:sts::111122223333:assumed-role/chat-backend/" + evil
	s.add(cloudtrail.Record{
		Identity: id, EventName: "ListChannels", ErrorCode: "AccessDeniedException", UserAgent: evil, SourceIP: evil, EventID: "evil/../" + evil,
		ErrorMessage: "User: " + id.ARN + " is not authorized to perform: chime:ListChannels on resource: " + evil,
	})
	in := s.input(detect.CriticalOperation, tally.Principal, "arn:aws:iam::111122223333:role/"+evil, triage.High, triage.Probing, evil)
	in.Incident.Principals = []string{in.Incident.Subject.Key, evil}
	return in
}

// others are the scenes beside those of the rules.
func others() map[string]alert.Input {
	update := ruleScene(detect.OperationEnumeration, triage.Probing)
	update.ID, update.Update = "i-5d41402abc4b2a76b971-1", 1
	update.Incident.Severity = triage.Critical
	update.Incident.Updates = []triage.Update{{At: start().Add(3 * time.Hour), Severity: triage.Critical, Reason: "it has become critical: a critical operation was refused"}}

	closed := ruleScene(detect.DenialBurst, triage.Misconfiguration)
	closed.ID, closed.Closed = "i-5d41402abc4b2a76b971-closed", start().Add(26*time.Hour)

	drill := ruleScene(detect.CriticalOperation, triage.Probing)
	drill.Drill = true

	bare := ruleScene(detect.ResourceSweep, triage.Unclear)
	bare.Calls = nil

	return map[string]alert.Input{
		"update": update, "closed": closed, "drill": drill, "without-calls": bare,
		"bearer": bearerScene(), "rollout": rolloutScene(30), "hostile": hostileScene(),
	}
}
