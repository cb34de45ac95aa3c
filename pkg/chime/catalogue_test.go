package chime

import (
	"os"
	"slices"
	"strings"
	"testing"
)

type modelled struct {
	method, bearer string
	client         Client
}

// models reads the operations of both API models.
func models(t *testing.T) map[string]modelled {
	t.Helper()
	ops := map[string]modelled{}
	for file, client := range map[string]Client{"messaging": Messaging, "identity": Identity} {
		text, err := os.ReadFile("testdata/" + file + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line)
			if f[0] == "#" {
				continue
			}
			m := modelled{method: f[1], bearer: f[2], client: client}
			if _, ok := ops[f[0]]; ok {
				m.client = Both
			}
			ops[f[0]] = m
		}
	}
	return ops
}

func TestCatalogueIsThatOfTheAPIModels(t *testing.T) {
	want := models(t)
	if len(want) != 51+30-3 {
		t.Fatalf("the models have %d operations, three of them in both", len(want))
	}
	ops := Operations()
	if !slices.IsSortedFunc(ops, func(a, b Operation) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("not sorted")
	}
	if len(ops) != len(want) {
		t.Errorf("%d operations, want %d", len(ops), len(want))
	}
	for _, op := range ops {
		m, ok := want[op.Name]
		if !ok {
			t.Errorf("%s is in no model", op.Name)
			continue
		}
		if op.Client != m.client || string(op.Bearer) != m.bearer {
			t.Errorf("%s: client %q, bearer %q; want %q, %q", op.Name, op.Client, op.Bearer, m.client, m.bearer)
		}
		if tag := m.client == Both; op.Tag != tag {
			t.Errorf("%s: Tag %v", op.Name, op.Tag)
		}
		// GET reads, and SearchChannels is a POST with the access level List:
		// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonchime.html
		if read := m.method == "GET" || op.Name == "SearchChannels"; op.ReadOnly() != read || ReadOnly(op.Name) != read {
			t.Errorf("%s: access %q for %s", op.Name, op.Access, m.method)
		}
	}
}

// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonchime.html
func TestAccessLevels(t *testing.T) {
	for name, want := range map[string]Access{
		"DescribeChannel": Read, "GetChannelMessage": Read, "ListChannelMessages": Read, "ListTagsForResource": Read,
		"ListChannels": List, "ListAppInstances": List, "SearchChannels": List,
		"SendChannelMessage": Write, "ChannelFlowCallback": Write, "BatchCreateChannelMembership": Write, "PutAppInstanceRetentionSettings": Write,
		"TagResource": Tagging, "UntagResource": Tagging,
	} {
		op, ok := Lookup(name)
		if !ok || op.Access != want {
			t.Errorf("%s: %q, want %q", name, op.Access, want)
		}
	}
}

func TestCritical(t *testing.T) {
	// https://docs.aws.amazon.com/chime-sdk/latest/dg/streaming-export.html,
	// .../using-channel-flows.html, .../call-from-backend.html
	want := strings.Fields(`
		AssociateChannelFlow CreateAppInstanceAdmin CreateChannelFlow CreateChannelModerator
		DeleteAppInstance DeleteAppInstanceAdmin DeleteChannel DeleteChannelFlow DeleteChannelMessage DeleteChannelModerator
		DeleteMessagingStreamingConfigurations DisassociateChannelFlow PutAppInstanceRetentionSettings PutChannelExpirationSettings
		PutMessagingStreamingConfigurations RedactChannelMessage UpdateChannelFlow`)
	var got []string
	for _, op := range Operations() {
		if !op.Critical {
			if op.Why != "" {
				t.Errorf("%s is not critical and has a reason: %q", op.Name, op.Why)
			}
			continue
		}
		got = append(got, op.Name)
		if !Critical(op.Name) || op.Why == "" || len(op.Attack) == 0 || op.ReadOnly() {
			t.Errorf("critical: %+v", op)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("critical are\n%v, want\n%v", got, want)
	}
	for _, name := range []string{"", "deletechannel", "DeleteChannel ", "ListChannels", "RunInstances"} {
		if Critical(name) {
			t.Errorf("%q is critical", name)
		}
	}
}

// An operation in the name of an app user is checked on that user, and its
// role is documented or not, but never for an operation without a bearer:
// https://docs.aws.amazon.com/chime-sdk/latest/dg/auth-by-role.html
func TestBearersAndRoles(t *testing.T) {
	for _, op := range Operations() {
		if op.Bearer != NoBearer && !slices.Contains(op.Resources, AppInstanceUser) {
			t.Errorf("%s takes a bearer and is checked on %v", op.Name, op.Resources)
		}
		if op.Bearer == NoBearer && op.Role != "" || op.Role == "" && op.RoleNote != "" {
			t.Errorf("%s: role %q (%s) with bearer %q", op.Name, op.Role, op.RoleNote, op.Bearer)
		}
	}
	for name, want := range map[string]Role{
		"DeleteChannelMessage": Admin, "CreateChannelModerator": Moderator, "SendChannelMessage": Member,
		"ListChannels": User, "GetChannelMembershipPreferences": "", "CreateAppInstanceAdmin": "",
	} {
		if op, _ := Lookup(name); op.Role != want {
			t.Errorf("%s: role %q, want %q", name, op.Role, want)
		}
	}
}

func TestCatalogueCannotBeChanged(t *testing.T) {
	op, _ := Lookup("PutMessagingStreamingConfigurations")
	op.Attack[0], op.Resources[0] = "x", "x"
	ops := Operations()
	for i := range ops {
		ops[i].Name, ops[i].Critical = "x", true
		clear(ops[i].Attack)
	}
	again, ok := Lookup("PutMessagingStreamingConfigurations")
	if !ok || again.Attack[0] != "T1530" || again.Resources[0] != AppInstance {
		t.Errorf("the catalogue changed: %+v", again)
	}
}

func TestReadOnlyOutsideTheCatalogue(t *testing.T) {
	for name, want := range map[string]bool{
		"GetObject": true, "ListBuckets": true, "DescribeInstances": true, "HeadBucket": true, "BatchGetItem": true, "SearchFaces": true,
		"LookupEvents": true, "Query": true, "Scan": true,
		"RunInstances": false, "PutObject": false, "Getaway": false, "Listen": false, "Headlong": false, "listBuckets": false, "": false, "Send": false,
	} {
		if got := ReadOnly(name); got != want {
			t.Errorf("ReadOnly(%q) = %v", name, got)
		}
	}
}
