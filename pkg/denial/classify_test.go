package denial

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/principal"
)

const (
	instance = "arn:aws:chime:us-east-1:111122223333:app-instance/i"
	bearer   = instance + "/user/alice"
)

func TestClassifyFillsTheCall(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	rec := cloudtrail.Record{
		EventID: "e1", EventTime: at, EventSource: "chime.amazonaws.com", EventName: "DeleteChannelMessage",
		Region: "us-east-1", RecipientAccount: "111122223333", SourceIP: "::ffff:203.0.113.7", UserAgent: "aws-cli/2.13.5",
		ErrorCode: "AccessDeniedException", ErrorMessage: strings.ReplaceAll(base, "ListChannels", "DeleteChannelMessage") + " because no identity-based policy allows the chime:DeleteChannelMessage action",
		RequestID: "r1", VPCEndpointID: "vpce-0123", Digest: 42,
		Identity: cloudtrail.Identity{
			Type: "AssumedRole", ARN: "arn:aws:sts::444455556666:assumed-role/backend/s1", AccountID: "444455556666", AccessKeyID: "ASIAEXAMPLE",
			IssuerARN: "arn:aws:iam::444455556666:role/backend", InvokedBy: "lambda.amazonaws.com",
		},
		Parameters: []byte(`{"channelArn":"` + instance + `/channel/c2","chimeBearer":"` + bearer + `","messageId":"HIDDEN_DUE_TO_SECURITY_REASONS"}`),
	}
	want := Call{
		Key: cloudtrail.Key{Account: "111122223333", Region: "us-east-1", EventID: "e1"}, Time: at, Digest: 42,
		Principal: principal.Principal{Key: "arn:aws:iam::444455556666:role/backend", Type: "AssumedRole", Account: "444455556666", Role: true},
		Operation: "DeleteChannelMessage", Critical: true,
		Outcome: Refused, Cause: IAM,
		Resource: instance + "/channel/c2", Bearer: bearer,
		Source: netip.MustParseAddr("203.0.113.7"), Public: true,
		AccessKey: "ASIAEXAMPLE", Session: "s1", Endpoint: "vpce-0123", Through: "lambda.amazonaws.com", Foreign: true,
		Message:   Message{Action: "chime:DeleteChannelMessage", Resource: channel, Policy: IdentityBasedPolicy},
		ErrorCode: rec.ErrorCode, ErrorText: rec.ErrorMessage, SourceName: rec.SourceIP, UserAgent: rec.UserAgent, RequestID: "r1",
	}
	if diff := cmp.Diff(want, Classify(&rec), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestClassifyResource(t *testing.T) {
	const flow, taggedARN = instance + "/channel-flow/f", instance + "/bot/b"
	long := user + " on resource: " + channel + strings.Repeat("x", 1024)
	tests := []struct {
		name       string
		parameters string
		resource   string // resources[0].ARN
		code, text string
		want       string
	}{
		{"channelArn", `{"appInstanceArn":"` + instance + `","channelArn":"` + channel + `"}`, "", "AccessDenied", "", channel},
		{"channelFlowArn", `{"appInstanceArn":"` + instance + `","channelFlowArn":"` + flow + `"}`, "", "AccessDenied", "", flow},
		{"appInstanceArn", `{"appInstanceUserArn":"` + bearer + `","appInstanceArn":"` + instance + `"}`, "", "AccessDenied", "", instance},
		{"appInstanceUserArn", `{"resourceARN":"` + taggedARN + `","appInstanceUserArn":"` + bearer + `"}`, "", "AccessDenied", "", bearer},
		{"resourceARN", `{"resourceARN":"` + taggedARN + `"}`, channel, "AccessDenied", "", taggedARN},
		{"a parameter that is hidden", `{"channelArn":"HIDDEN_DUE_TO_SECURITY_REASONS","appInstanceArn":"` + instance + `"}`, "", "AccessDenied", "", instance},
		{"a parameter of another type", `{"channelArn":["` + channel + `"],"appInstanceArn":{"arn":"x"}}`, flow, "AccessDenied", "", flow},
		{"resources", ``, channel, "AccessDenied", base, channel},
		{"resources without an ARN", ``, "i", "AccessDenied", base, channel},
		{"the message", ``, "", "AccessDenied", base, channel},
		{"the message, quoted", ``, "", "AccessDenied", user + ` on resource: "` + channel + `"`, channel},
		{"the message names no ARN", ``, "", "AccessDenied", user + " on resource: *", ""},
		{"the message is cut", ``, "", "AccessDenied", long[:1024], ""},
		{"the message is long, the resource is not", ``, "", "AccessDenied", long[:950] + " because no identity-based policy allows the chime:ListChannels action", channel + long[len(base):950]},
		{"a success", `{"channelArn":"` + channel + `"}`, "", "", base, channel},
		{"another failure", `{"channelArn":"` + channel + `"}`, "", "NotFoundException", "", channel},
		{"another failure's message is not read", ``, "", "NotFoundException", base, ""},
		{"none", ``, "", "AccessDenied", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rec := cloudtrail.Record{Parameters: []byte(tt.parameters), ResourceARN: tt.resource, ErrorCode: tt.code, ErrorMessage: tt.text}
			if got := Classify(&rec).Resource; got != tt.want {
				t.Errorf("resource %q, want %q", got, tt.want)
			}
		})
	}
}

func TestClassifyFlags(t *testing.T) {
	tests := []struct {
		name string
		rec  cloudtrail.Record
		ok   func(c Call) bool
	}{
		{"a bearer that is no ARN", cloudtrail.Record{Parameters: []byte(`{"chimeBearer":"alice"}`)}, func(c Call) bool { return c.Bearer == "" }},
		// https://github.com/aws/amazon-chime-sdk-js/issues/1148
		{"a bad bearer", cloudtrail.Record{ErrorCode: "ForbiddenException", ErrorMessage: "An invalid app instance user ARN was supplied for the input parameter."},
			func(c Call) bool { return c.BadBearer && c.Cause == AppRole }},
		{"a bad bearer by another layer", cloudtrail.Record{ErrorCode: "Unauthorized", ErrorMessage: "An invalid app instance user ARN was supplied for the x-amz-chime-bearer HTTP header."},
			func(c Call) bool { return !c.BadBearer && c.Cause == Credential }},
		{"an app role without that text", cloudtrail.Record{ErrorCode: "Forbidden", ErrorMessage: "AWS authorization failed"}, func(c Call) bool { return !c.BadBearer && c.Cause == AppRole }},
		{"own account", cloudtrail.Record{RecipientAccount: "111122223333", Identity: cloudtrail.Identity{AccountID: "111122223333"}}, func(c Call) bool { return !c.Foreign }},
		{"unknown caller's account", cloudtrail.Record{RecipientAccount: "111122223333"}, func(c Call) bool { return !c.Foreign }},
		{"unknown recipient", cloudtrail.Record{Identity: cloudtrail.Identity{AccountID: "111122223333"}}, func(c Call) bool { return !c.Foreign }},
		{"a read", cloudtrail.Record{EventName: "SearchChannels"}, func(c Call) bool { return c.Read && !c.Critical }},
		{"another service's read", cloudtrail.Record{EventName: "DescribeInstances"}, func(c Call) bool { return c.Read }},
		{"a write", cloudtrail.Record{EventName: "SendChannelMessage"}, func(c Call) bool { return !c.Read && !c.Critical }},
		{"a service", cloudtrail.Record{SourceIP: "chime.amazonaws.com"}, func(c Call) bool { return !c.Source.IsValid() && !c.Public && c.SourceName == "chime.amazonaws.com" }},
		// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-network-events-with-cloudtrail.html
		{"a network event", cloudtrail.Record{EventType: "AwsVpceEvent", ErrorCode: "VpceAccessDenied", ErrorMessage: "The request was denied due to a VPC endpoint policy"},
			func(c Call) bool { return c.Outcome == Refused && c.Cause == Network }},
		// https://docs.aws.amazon.com/chime-sdk/latest/dg/expiration.html
		{"a service event", cloudtrail.Record{EventName: "ExpireChannel", EventType: "AwsServiceEvent", Identity: cloudtrail.Identity{AccountID: "111122223333", InvokedBy: "chime.amazonaws.com"}},
			func(c Call) bool { return c.Outcome == Success && c.Principal.Service }},
		{"nothing at all", cloudtrail.Record{}, func(c Call) bool { return c.Outcome == Success && c.Principal.Key == "unknown" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if c := Classify(&tt.rec); !tt.ok(c) {
				t.Errorf("%+v", c)
			}
		})
	}
}

// usual is a denial as most are.
func usual() cloudtrail.Record {
	return cloudtrail.Record{
		EventID: "11111111-2222-3333-4444-555555555555", EventTime: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), EventSource: "chime.amazonaws.com", EventName: "ListChannelMessages",
		Region: "us-east-1", RecipientAccount: "111122223333", SourceIP: "203.0.113.7",
		UserAgent: "aws-sdk-js/3.632.0 ua/2.0 os/linux#5.10 lang/js md/nodejs#20.18.0 api/chime-sdk-messaging#3.632.0 exec-env/AWS_Lambda_nodejs20.x",
		ErrorCode: "AccessDeniedException",
		ErrorMessage: "User: arn:aws:sts::111122223333:assumed-role/chat-backend/chat-backend-prod is not authorized to perform: chime:ListChannelMessages on resource: " +
			"arn:aws:chime:us-east-1:111122223333:app-instance/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee/channel/bbbbbbbb-bbbb-cccc-dddd-eeeeeeeeeeee because no identity-based policy allows the chime:ListChannelMessages action",
		RequestID: "99999999-2222-3333-4444-555555555555",
		Identity: cloudtrail.Identity{
			Type: "AssumedRole", PrincipalID: "AROAEXAMPLE:chat-backend-prod", ARN: "arn:aws:sts::111122223333:assumed-role/chat-backend/chat-backend-prod", AccountID: "111122223333", AccessKeyID: "ASIAEXAMPLEEXAMPLE12",
			IssuerType: "Role", IssuerARN: "arn:aws:iam::111122223333:role/service/chat-backend",
		},
		Parameters: []byte(`{"chimeBearer":"arn:aws:chime:us-east-1:111122223333:app-instance/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee/user/alice","channelArn":"arn:aws:chime:us-east-1:111122223333:app-instance/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee/channel/bbbbbbbb-bbbb-cccc-dddd-eeeeeeeeeeee","maxResults":50}`),
	}
}

func TestClassifyAllocatesLittle(t *testing.T) {
	rec := usual()
	if n := testing.AllocsPerRun(100, func() { Classify(&rec) }); n > 10 {
		t.Errorf("%v allocations per denial, want at most 10", n)
	}
}

func BenchmarkClassify(b *testing.B) {
	rec := usual()
	b.ReportAllocs()
	for b.Loop() {
		Classify(&rec)
	}
}

func BenchmarkParseMessage(b *testing.B) {
	text := usual().ErrorMessage
	b.ReportAllocs()
	for b.Loop() {
		ParseMessage(text)
	}
}
