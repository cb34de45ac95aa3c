package pipeline_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// corpus makes random records that are likely to collide: few principals, few
// operations, clustered times. Everything stems from the seed.
type corpus struct {
	*rand.Rand
	start time.Time
	n     int
}

func newCorpus(seed uint64) *corpus {
	return &corpus{Rand: rand.New(rand.NewPCG(seed, 7)), start: time.Date(2026, 2, 27, 22, 0, 0, 0, time.UTC)}
}

func pick[T any](c *corpus, list ...T) T { return list[c.IntN(len(list))] }

// records returns n records as JSON, distinct by event id.
func (c *corpus) records(n int) []string {
	var out []string
	at := c.start
	for len(out) < n {
		switch c.IntN(12) { // clusters, pauses, jumps back and forth
		case 0:
			at = c.start.Add(time.Duration(c.IntN(20*24*60)) * time.Minute)
		case 1:
			at = at.Add(time.Duration(c.IntN(7*60)) * time.Minute)
		case 2:
			at = at.Add(-time.Duration(c.IntN(120)) * time.Minute)
		default:
			at = at.Add(time.Duration(c.IntN(90)) * time.Second)
		}
		if c.IntN(50) == 0 && len(out)+fewChannels <= n {
			out = append(out, c.fewReads(at)...)
			continue
		}
		out = append(out, c.record(at))
	}
	return out
}

// fewChannels is how many an app user reads about whom hours have to decide.
const fewChannels = 6

// fewReads returns an app user's reading on so many channels, which waits until
// it is known whether others are refused the same.
func (c *corpus) fewReads(at time.Time) []string {
	out := readings(c.n+1, at, fmt.Sprint("reader-", c.n), fewChannels)
	c.n += len(out)
	return out
}

// readings returns the records of an app user who is not let read so many
// channels, one a minute; their ids count from first.
func readings(first int, start time.Time, user string, channels int) (out []string) {
	for i := range channels {
		out = append(out, userRefusal(first+i, start.Add(time.Duration(i)*time.Minute), user, fmt.Sprintf("%02d", i)))
	}
	return out
}

// userRefusal returns the record of an app user that the back end did not let
// read a channel.
func userRefusal(id int, at time.Time, user, channel string) string {
	app := "arn:aws:chime:us-east-1:111122223333:app-instance/a"
	return fmt.Sprintf(`{"eventVersion":"1.11","eventID":"00000000-0000-4000-8000-%012d","eventTime":%q,"eventSource":"chime.amazonaws.com",`+
		`"eventName":"ListChannelMessages","awsRegion":"us-east-1","sourceIPAddress":"198.51.100.%d","userAgent":"app","requestID":"r","eventType":"AwsApiCall",`+
		`"recipientAccountId":"111122223333","errorCode":"ForbiddenException","errorMessage":"",`+
		`"requestParameters":{"channelArn":%q,"chimeBearer":%q},`+
		`"userIdentity":{"type":"AssumedRole","accountId":"111122223333","accessKeyId":"ASIA1","principalId":"AROA:s","arn":"arn:aws:sts::111122223333:assumed-role/App/s",`+
		`"sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::111122223333:role/App"}}}}`,
		id, at.Format(time.RFC3339), 1+id%250, app+"/channel/"+channel, app+"/user/"+user)
}

func (c *corpus) record(at time.Time) string {
	c.n++
	op := pick(c, "ListChannels", "ListChannelMessages", "DescribeChannel", "GetChannelMessage", "SendChannelMessage", "CreateChannel",
		"DeleteChannel", "CreateAppInstanceAdmin", "PutMessagingStreamingConfigurations", "ListTagsForResource", "RedactChannelMessage", "SearchChannels",
		"ListAppInstanceUsers", "DescribeAppInstance", "CreateMeeting")
	account := "111122223333"
	channel := fmt.Sprintf("arn:aws:chime:us-east-1:%s:app-instance/a/channel/%02d", account, c.IntN(16))
	params := map[string]any{"channelArn": channel}
	if c.IntN(3) > 0 {
		params["chimeBearer"] = fmt.Sprintf("arn:aws:chime:us-east-1:%s:app-instance/a/user/%d", account, c.IntN(6))
	}
	if c.IntN(8) == 0 {
		params = nil
	}
	rec := map[string]any{
		"eventVersion": "1.11", "eventID": fmt.Sprintf("00000000-0000-4000-8000-%012d", c.n), "eventTime": at.Format(time.RFC3339),
		"eventSource": "chime.amazonaws.com", "eventName": op, "awsRegion": pick(c, "us-east-1", "eu-central-1"),
		"sourceIPAddress": pick(c, "203.0.113.7", "203.0.113.9", "198.51.100.3", "192.0.2.44", "10.0.0.8", "2001:db8::1", "chime.amazonaws.com"),
		"userAgent":       "aws-sdk-js/3.632.0 <b>", "requestID": "r", "requestParameters": params,
		"recipientAccountId": account, "userIdentity": c.identity(account), "eventType": "AwsApiCall",
	}
	c.outcome(rec, op)
	if c.IntN(4) == 0 { // one policy that many meet
		user := fmt.Sprintf("arn:aws:iam::%s:user/u%d", account, c.IntN(20))
		rec["userIdentity"] = map[string]any{"type": "IAMUser", "accountId": account, "accessKeyId": "AKIA-" + user[len(user)-2:], "arn": user}
		rec["errorCode"], rec["errorMessage"] = "AccessDeniedException", refusedBy(op)+" with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-x/service_control_policy/p-z"
	}
	b, err := json.Marshal(rec)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (c *corpus) outcome(rec map[string]any, op string) {
	message := refusedBy(op)
	switch c.IntN(14) {
	case 0, 1, 2:
		// a success
	case 3, 4:
		rec["errorCode"], rec["errorMessage"] = "ForbiddenException", "An invalid app instance user ARN was supplied"
	case 5, 6, 7:
		rec["errorCode"] = "Forbidden"
	case 8:
		rec["errorCode"] = pick(c, "ExpiredTokenException", "UnauthorizedClientException", "InvalidClientTokenId")
	case 9:
		rec["errorCode"], rec["errorMessage"] = "AccessDeniedException", message+" with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-x/service_control_policy/p-y"
	case 10:
		rec["errorCode"], rec["errorMessage"] = pick(c, "ThrottledClientException", "ForbiddenException"), "This feature is not available"
	default:
		rec["errorCode"], rec["errorMessage"] = "AccessDeniedException", message+" because no identity-based policy allows the chime:"+op+" action"
	}
}

func refusedBy(op string) string {
	return "User: x is not authorized to perform: chime:" + op + " on resource: arn:aws:chime:us-east-1:111122223333:app-instance/a"
}

func (c *corpus) identity(account string) map[string]any {
	role := pick(c, "backend", "worker", "cognito")
	assumed := map[string]any{
		"type": "AssumedRole", "accountId": account, "accessKeyId": pick(c, "ASIA1", "ASIA2"), "principalId": "AROA:s",
		"arn":            fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/session-%d", account, role, c.IntN(1000)),
		"sessionContext": map[string]any{"sessionIssuer": map[string]any{"type": "Role", "arn": fmt.Sprintf("arn:aws:iam::%s:role/app/%s", account, role)}},
	}
	if role == "cognito" {
		assumed["sessionContext"].(map[string]any)["webIdFederationData"] = map[string]any{"federatedProvider": "cognito-identity.amazonaws.com"}
	}
	switch c.IntN(12) {
	case 0:
		return map[string]any{"type": "Root", "accountId": account, "arn": "arn:aws:iam::" + account + ":root"}
	case 1, 2:
		return map[string]any{"type": "IAMUser", "accountId": account, "accessKeyId": "AKIA1", "arn": "arn:aws:iam::" + account + ":user/ann"}
	case 3:
		return map[string]any{"type": "AWSAccount", "accountId": "999988887777", "principalId": "AIDA"}
	case 4:
		return map[string]any{"accountId": account, "invokedBy": "chime.amazonaws.com"}
	}
	return assumed
}

// carry puts records into files of random shapes.
func (c *corpus) carry(records []string) [][]byte {
	var files [][]byte
	for len(records) > 0 {
		n := min(1+c.IntN(80), len(records))
		files = append(files, c.shape(records[:n]))
		records = records[n:]
	}
	return files
}

func (c *corpus) shape(records []string) []byte {
	event := func(r string) string {
		return `{"version":"0","detail-type":"AWS API Call via CloudTrail","source":"aws.chime","detail":` + r + `}`
	}
	quote := func(s string) string {
		b, err := json.Marshal(s)
		if err != nil {
			panic(err)
		}
		return string(b)
	}
	each := func(f func(string) string) []string {
		out := make([]string, len(records))
		for i, r := range records {
			out[i] = f(r)
		}
		return out
	}
	var text string
	switch c.IntN(7) {
	case 0:
		text = `{"Records":[` + strings.Join(records, ",") + `]}`
	case 1:
		var buf bytes.Buffer
		zip := gzip.NewWriter(&buf)
		fmt.Fprintf(zip, `{"Records":[%s]}`, strings.Join(records, ",\n "))
		if err := zip.Close(); err != nil {
			panic(err)
		}
		return buf.Bytes()
	case 2:
		text = strings.Join(each(event), "\n")
	case 3:
		text = "[" + strings.Join(each(event), ",") + "]"
	case 4:
		text = `{"Events":[` + strings.Join(each(func(r string) string { return `{"EventId":"x","CloudTrailEvent":` + quote(r) + `}` }), ",") + `]}`
	case 5:
		text = `{"Records":[` + strings.Join(each(func(r string) string {
			return `{"messageId":"m","eventSource":"aws:sqs","body":` + quote(event(r)) + `}`
		}), ",") + `]}`
	default:
		text = strings.Join(records, "\n")
	}
	return []byte(text)
}

// repeat returns every record one to five times, in random order.
func (c *corpus) repeat(records []string) []string {
	var out []string
	for _, r := range records {
		for range 1 + c.IntN(5) {
			out = append(out, r)
		}
	}
	c.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}
