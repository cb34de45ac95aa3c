package simulate

import (
	"encoding/json"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func decode(t testing.TB, data []byte) map[string]any {
	t.Helper()
	var r map[string]any
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return r
}

// field walks into nested objects; nil if there is no such member.
func field(v any, path ...string) any {
	for _, p := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[p]
	}
	return v
}

func text(v any, path ...string) string {
	s, _ := field(v, path...).(string)
	return s
}

// keyOf folds userIdentity of the types that the simulator writes to the stable
// key, from the record alone.
func keyOf(t testing.TB, r map[string]any) string {
	t.Helper()
	u := r["userIdentity"]
	switch typ := text(u, "type"); typ {
	case "AssumedRole":
		issuer := text(u, "sessionContext", "sessionIssuer", "arn")
		head, rest, ok := strings.Cut(issuer, ":role/")
		if !ok {
			t.Fatalf("issuer %q", issuer)
		}
		key := head + ":role/" + rest[strings.LastIndex(rest, "/")+1:]
		if strings.HasPrefix(rest, "aws-reserved/sso.amazonaws.com/") {
			arn := text(u, "arn")
			key += arn[strings.LastIndex(arn, "/"):]
		}
		return key
	case "IAMUser", "Root":
		return text(u, "arn")
	case "AWSAccount":
		return "aws-account:" + text(u, "accountId") + ":" + text(u, "principalId")
	case "AWSService", "":
		return text(u, "invokedBy")
	default:
		t.Fatalf("identity type %q", typ)
		return ""
	}
}

// networkOf is the source's /24 or /48, or empty.
func networkOf(r map[string]any) string {
	a, err := netip.ParseAddr(text(r, "sourceIPAddress"))
	if err != nil {
		return ""
	}
	return block(a).String()
}

// messageForms are the error messages that are documented or were seen, see
// denials.go.
var messageForms = []*regexp.Regexp{
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
	regexp.MustCompile(`^User: arn:aws:(sts|iam)::\d{12}:\S+ is not authorized to perform: chime:([A-Za-z]+)( on resource: arn:aws:chime:\S+)? because no (identity-based policy|permissions boundary|resource-based policy|VPC endpoint policy) allows the chime:([A-Za-z]+) action$`),
	regexp.MustCompile(`^User: arn:aws:(sts|iam)::\d{12}:\S+ is not authorized to perform: chime:([A-Za-z]+)( on resource: arn:aws:chime:\S+)? with an explicit deny in (an identity-based policy|a service control policy)(: arn:aws:(iam::aws:policy/AWSCompromisedKeyQuarantineV[23]|organizations::\d{12}:policy/o-[a-z0-9]+/service_control_policy/p-[a-z0-9]+))?$`),
}

var (
	uuidForm    = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	accountForm = regexp.MustCompile(`^\d{12}$`)
)

// checkRecord holds one record to the documents on CloudTrail records.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
func checkRecord(t *testing.T, r map[string]any, e Event) {
	t.Helper()
	bad := func(what string) { t.Fatalf("%s in %s", what, e.JSON) }
	for _, name := range []string{"eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent",
		"requestParameters", "responseElements", "eventID", "readOnly", "eventType", "managementEvent", "recipientAccountId", "eventCategory"} {
		if _, ok := r[name]; !ok {
			bad("no " + name)
		}
	}
	if at, err := time.Parse(time.RFC3339, text(r, "eventTime")); err != nil || !at.Equal(e.Time) {
		bad("eventTime")
	}
	if text(r, "eventID") != e.ID || !uuidForm.MatchString(e.ID) || text(r, "awsRegion") != e.Region ||
		text(r, "recipientAccountId") != e.Account || !accountForm.MatchString(e.Account) || text(r, "eventType") != e.Type {
		bad("Event says otherwise")
	}
	if e.Type == "AwsServiceEvent" {
		return
	}
	if !uuidForm.MatchString(text(r, "requestID")) {
		bad("requestID")
	}
	name := text(r, "eventName")
	op := newCatalogueOnce().byName[name]
	if op == nil {
		bad("no such operation")
	}
	code, message := text(r, "errorCode"), text(r, "errorMessage")
	if (code != "" || op.read) && r["responseElements"] != nil {
		bad("responseElements of a read or a failure")
	}
	bearer := text(r, "requestParameters", "chimeBearer")
	if op.bearer && e.Type == "AwsApiCall" && !strings.Contains(bearer, ":app-instance/") {
		bad("no bearer")
	}
	for _, h := range op.hidden {
		if e.Type == "AwsApiCall" && text(r, "requestParameters", h) != hiddenText {
			bad("sensitive " + h)
		}
	}
	base := strings.TrimSuffix(code, "Exception")
	denied := slices.Contains([]string{"AccessDenied", "UnauthorizedClient", "ExpiredToken", "InvalidClientTokenId", "UnrecognizedClient",
		"SignatureDoesNotMatch", "VpceAccessDenied"}, base) || base == "Forbidden" && !strings.Contains(message, "not available") && !strings.Contains(message, "not enabled") && !strings.Contains(message, "Subscription")
	if denied != e.Denied {
		bad("Denied is wrong")
	}
	if base == "AccessDenied" && message != "" {
		ok := false
		for i, form := range messageForms {
			if m := form.FindStringSubmatch(message); m != nil {
				ok = m[2] == name && (i > 0 || m[5] == name)
			}
		}
		if !ok {
			bad("message")
		}
	}
}

// newCatalogueOnce avoids building the table for every record.
var newCatalogueOnce = func() func() *catalogue {
	c := newCatalogue()
	return func() *catalogue { return c }
}()

// TestStrings holds the JSON writer against the standard library on every byte
// below 128 and some text beyond.
func TestStrings(t *testing.T) {
	var all []byte
	for c := range byte(128) {
		all = append(all, c)
	}
	for _, s := range []string{"", string(all), "\u202eeslaf\u202c", "日本語", `"\`, "=cmd|' /C calc'!A0"} {
		var back string
		if err := json.Unmarshal(appendString(nil, s), &back); err != nil || back != s {
			t.Errorf("%q became %q, %v", s, back, err)
		}
	}
}
