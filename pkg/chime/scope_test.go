package chime

import (
	"slices"
	"strings"
	"testing"

	"chimewatch/pkg/cloudtrail"
)

func TestScope(t *testing.T) {
	mustScope := func(sources, operations []string, all bool) Scope {
		s, err := NewScope(sources, operations, all)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	const appInstance = `{"resourceARN":"arn:aws:chime:us-east-1:111122223333:app-instance/i"}`
	tests := []struct {
		name                string
		scope               Scope
		rec                 cloudtrail.Record
		inSource, messaging bool
	}{
		// https://docs.aws.amazon.com/chime-sdk/latest/ag/cloudtrail.html
		{"the documented source", DefaultScope(), cloudtrail.Record{EventSource: "chime.amazonaws.com", EventName: "ListChannels"}, true, true},
		{"an identity operation", DefaultScope(), cloudtrail.Record{EventSource: "chime-sdk-identity.amazonaws.com", EventName: "CreateAppInstanceAdmin"}, true, true},
		// Meetings and the administration of Chime share the source:
		// https://docs.aws.amazon.com/chime-sdk/latest/dg/logging-using-cloudtrail.html
		{"another Chime API", DefaultScope(), cloudtrail.Record{EventSource: "chime.amazonaws.com", EventName: "CreateMeeting"}, true, false},
		// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DeleteChannel.html
		{"CloudTrail has channels too", DefaultScope(), cloudtrail.Record{EventSource: "cloudtrail.amazonaws.com", EventName: "DeleteChannel"}, false, false},
		{"names are exact", DefaultScope(), cloudtrail.Record{EventSource: "chime.amazonaws.com", EventName: "listchannels"}, true, false},
		{"sources are exact", DefaultScope(), cloudtrail.Record{EventSource: "Chime.amazonaws.com", EventName: "ListChannels"}, false, false},
		{"no event name", DefaultScope(), cloudtrail.Record{EventSource: "chime.amazonaws.com"}, true, false},
		{"a tag on an app instance", DefaultScope(), cloudtrail.Record{EventSource: "chime.amazonaws.com", EventName: "TagResource", Parameters: []byte(appInstance)}, true, true},
		{"a tag on a meeting", DefaultScope(), cloudtrail.Record{EventSource: "chime.amazonaws.com", EventName: "TagResource", Parameters: []byte(`{"resourceARN":"arn:aws:chime:us-east-1:111122223333:meeting/m"}`)}, true, false},
		{"a tag on nothing", DefaultScope(), cloudtrail.Record{EventSource: "chime.amazonaws.com", EventName: "ListTagsForResource"}, true, false},
		{"own source", mustScope([]string{"messaging.example"}, nil, false), cloudtrail.Record{EventSource: "messaging.example", EventName: "ListChannels"}, true, true},
		{"own source takes the default's place", mustScope([]string{"messaging.example"}, nil, false), cloudtrail.Record{EventSource: "chime.amazonaws.com", EventName: "ListChannels"}, false, false},
		{"own operation", mustScope(nil, []string{"SendPigeon"}, false), cloudtrail.Record{EventSource: "chime.amazonaws.com", EventName: "SendPigeon"}, true, true},
		{"own operations take the catalogue's place", mustScope(nil, []string{"SendPigeon"}, false), cloudtrail.Record{EventSource: "chime.amazonaws.com", EventName: "ListChannels"}, true, false},
		{"a tag operation by name stays one", mustScope(nil, []string{"UntagResource"}, false), cloudtrail.Record{EventSource: "chime.amazonaws.com", EventName: "UntagResource"}, true, false},
		{"all", mustScope(nil, nil, true), cloudtrail.Record{EventSource: "s3.amazonaws.com", EventName: "GetObject"}, true, true},
		{"all, nothing said", mustScope(nil, nil, true), cloudtrail.Record{}, true, true},
		{"the zero scope", Scope{}, cloudtrail.Record{EventSource: "chime.amazonaws.com", EventName: "ListChannels"}, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.scope.InSource(&tt.rec); got != tt.inSource {
				t.Errorf("InSource = %v", got)
			}
			if got := tt.scope.Messaging(&tt.rec); got != tt.messaging {
				t.Errorf("Messaging = %v", got)
			}
		})
	}
}

func TestDefaultScopeIsThatOfEmptyLists(t *testing.T) {
	s, err := NewScope(nil, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Sorted(slices.Values(DefaultSources()))
	if !slices.Equal(s.Sources(), want) || !slices.Equal(DefaultScope().Sources(), want) {
		t.Errorf("sources %v, want %v", s.Sources(), want)
	}
	if len(s.Operations()) != len(Operations()) || !slices.Equal(s.Operations(), DefaultScope().Operations()) || s.All() {
		t.Errorf("operations %v", s.Operations())
	}
	// The defaults themselves pass the check on what users write.
	if _, err := NewScope(DefaultSources(), s.Operations(), false); err != nil {
		t.Error(err)
	}
}

func TestNewScopeRefuses(t *testing.T) {
	tests := []struct {
		sources, operations []string
		want                string
	}{
		{[]string{"chime.amazonaws.com", ""}, nil, "sources[1]"},
		{[]string{"chime"}, nil, `"chime" is no event source`},
		{[]string{"Chime.amazonaws.com"}, nil, "sources[0]"},
		{[]string{"chime.amazonaws.com "}, nil, "sources[0]"},
		{[]string{"chime.amazonaws.com."}, nil, "sources[0]"},
		{[]string{"x." + strings.Repeat("a", 300)}, nil, "sources[0]"},
		{nil, []string{"ListChannels", "chime:ListChannels"}, "operations[1]"},
		{nil, []string{"List*"}, "operations[0]"},
		{nil, []string{""}, "operations[0]"},
	}
	for _, tt := range tests {
		_, err := NewScope(tt.sources, tt.operations, false)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("NewScope(%q, %q): %v, want %q in it", tt.sources, tt.operations, err, tt.want)
		}
	}
}
