package doctor

import (
	"slices"
	"strings"
)

// logs reports whether the selectors let a management event of Chime through,
// one that reads or one that writes. A trail without selectors logs all
// management events.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html
func (s Selectors) logs(read bool) bool {
	const source = "chime.amazonaws.com"
	if len(s.Basic)+len(s.Advanced) == 0 {
		return true
	}
	for _, b := range s.Basic {
		if b.Management && !slices.Contains(b.Excluded, source) && (b.ReadWrite == "All" || b.ReadWrite == "" || read == (b.ReadWrite == "ReadOnly")) {
			return true
		}
	}
	event := map[string]string{
		"eventCategory": "Management", "eventSource": source, "eventType": "AwsApiCall", "readOnly": "false",
		"sessionCredentialFromConsole": "false", "eventName": "SendChannelMessage",
	}
	if read {
		event["readOnly"], event["eventName"] = "true", "ListChannelMessages"
	}
	return slices.ContainsFunc(s.Advanced, func(a AdvancedSelector) bool {
		return !slices.ContainsFunc(a.Fields, func(f FieldSelector) bool { return !f.matches(event[f.Field]) })
	})
}

// matches evaluates the condition as documented in
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
func (f FieldSelector) matches(value string) bool {
	some := func(list []string, is func(string, string) bool) bool {
		return slices.ContainsFunc(list, func(x string) bool { return is(value, x) })
	}
	equal := func(a, b string) bool { return a == b }
	positive := len(f.Equals)+len(f.StartsWith)+len(f.EndsWith) == 0 ||
		some(f.Equals, equal) || some(f.StartsWith, strings.HasPrefix) || some(f.EndsWith, strings.HasSuffix)
	return positive && !some(f.NotEquals, equal) && !some(f.NotStartsWith, strings.HasPrefix) && !some(f.NotEndsWith, strings.HasSuffix)
}
