package templatetest

import (
	"fmt"
	"slices"
	"strings"

	"chimewatch/pkg/chime"
	"chimewatch/pkg/denial"
)

// checkCoverage holds the rules to the code: what counts as a denied call or as
// the success of a critical one, by pkg/chime and pkg/denial, has to come
// through one of them. More may come through, never less.
func checkCoverage(s *stack) {
	var rules []map[string]any
	for _, r := range s.all("AWS::Events::Rule") {
		p := mapOf(r.Properties["EventPattern"])
		if !isGuard(r) && r.Properties["State"] != "DISABLED" {
			rules = append(rules, p)
		}
	}
	comesThrough := func(event map[string]any) bool {
		return slices.ContainsFunc(rules, func(p map[string]any) bool { return Matches(p, event) })
	}
	lost := map[string]bool{}
	refusals := slices.DeleteFunc(Codes(), func(code string) bool {
		outcome, _ := denial.CauseOf(code, "")
		return outcome != denial.Refused && outcome != denial.Unavailable
	})
	for _, source := range chime.DefaultSources() {
		for _, kind := range detailTypes()[:2] {
			event := Event(kind, source, "", "")
			detail := mapOf(event["detail"])
			try := func(operation, code string) {
				detail["eventName"], detail["errorCode"] = operation, code
				if !comesThrough(event) {
					lost[fmt.Sprintf("a denied call does not come through: %s, eventSource %s", kind, source)] = true
				}
			}
			for _, op := range chime.Operations() {
				try(op.Name, "AccessDeniedException")
			}
			for _, code := range refusals {
				try("ListChannels", code)
			}
		}
		for _, op := range chime.Operations() {
			if op.Critical && !comesThrough(Event(detailTypes()[0], source, op.Name, "")) {
				lost[fmt.Sprintf("the success of %s does not come through", op.Name)] = true
			}
		}
	}
	for what := range lost {
		s.fault("rules", what)
	}
	// Only AWS can send a source that begins with "aws.".
	forged := Event(detailTypes()[0], chime.DefaultSources()[0], "ListChannels", "AccessDeniedException")
	for _, source := range []string{"custom.chime", "myaws.chime", "AWS.chime", ""} {
		forged["source"] = source
		s.want(!comesThrough(forged), "rules", fmt.Sprintf("a forged event comes through, with source %q", source))
	}
}

// Codes are error codes in the forms that CloudTrail may show: with and without
// "Exception", behind "Client." and a shape name, in any case.
func Codes() []string {
	var codes []string
	for _, name := range []string{
		"AccessDenied", "UnauthorizedOperation", "NotAuthorized", "AuthorizationError", "Forbidden", "UnauthorizedClient",
		"Unauthorized", "ExpiredToken", "InvalidClientTokenId", "UnrecognizedClient", "SignatureDoesNotMatch", "IncompleteSignature",
		"RequestExpired", "MissingAuthenticationToken", "AuthFailure", "VpceAccessDenied", "Throttling", "NotFound",
	} {
		codes = append(codes, name, name+"Exception", "Client."+name, "Server."+name, "com.amazonaws.chime#"+name+"Exception", strings.ToLower(name))
	}
	return codes
}

// Event returns an EventBridge event as CloudTrail sends it for a call; without
// a code the call succeeded.
//
// https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-chime.html
func Event(detailType, eventSource, operation, code string) map[string]any {
	service, _, _ := strings.Cut(eventSource, ".")
	detail := map[string]any{
		"eventVersion": "1.11", "eventSource": eventSource, "eventName": operation, "awsRegion": Region,
		"eventTime": "2026-03-02T10:00:00Z", "eventID": "1", "recipientAccountId": Account, "sourceIPAddress": "203.0.113.7",
		"userIdentity": map[string]any{"type": "IAMUser", "arn": "arn:aws:iam::" + Account + ":user/a"},
	}
	if code != "" {
		detail["errorCode"] = code
	}
	return map[string]any{
		"version": "0", "id": "1", "detail-type": detailType, "source": "aws." + service, "account": Account,
		"time": "2026-03-02T10:00:00Z", "region": Region, "resources": []any{}, "detail": detail,
	}
}
