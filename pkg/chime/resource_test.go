package chime

import "testing"

// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonchime.html#amazonchime-resources-for-iam-policies
func TestResourceOf(t *testing.T) {
	const instance = "arn:aws:chime:us-east-1:111122223333:app-instance/i"
	tests := []struct {
		arn      string
		want     Resource
		instance string
	}{
		{instance, AppInstance, instance},
		{instance + "/user/u", AppInstanceUser, instance},
		{instance + "/bot/b", AppInstanceBot, instance},
		{instance + "/channel/c", Channel, instance},
		{instance + "/channel/c/message/m", Channel, instance},
		{instance + "/channel-flow/f", ChannelFlow, instance},
		{"arn:aws-us-gov:chime:::app-instance/i", AppInstance, "arn:aws-us-gov:chime:::app-instance/i"},
		{"arn:app-instance/:chime:::app-instance/i/channel/c", Channel, "arn:app-instance/:chime:::app-instance/i"},
		{"arn:aws:chime:::app-instance/i/channel/:app-instance/c", Channel, "arn:aws:chime:::app-instance/i"},
		{instance + "/", "", ""},
		{instance + "/user/", "", ""},
		{instance + "/channels/c", "", ""},
		{"arn:aws:chime:us-east-1:111122223333:app-instance/", "", ""},
		{"arn:aws:chime:us-east-1:111122223333:meeting/m", "", ""},
		{"arn:aws:s3:us-east-1:111122223333:app-instance/i", "", ""},
		{"arn:aws:chime:app-instance/i", "", ""},
		{"arn:", "", ""},
		{"", "", ""},
	}
	for _, tt := range tests {
		got, ok := ResourceOf(tt.arn)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("ResourceOf(%q) = %q, %v; want %q", tt.arn, got, ok, tt.want)
		}
		if got := AppInstanceOf(tt.arn); got != tt.instance {
			t.Errorf("AppInstanceOf(%q) = %q, want %q", tt.arn, got, tt.instance)
		}
	}
}

func TestFormsAreOfTheirType(t *testing.T) {
	for _, instance := range []string{"", "arn:aws:chime:us-east-1:111122223333:app-instance/i"} {
		for _, r := range []Resource{AppInstance, AppInstanceUser, AppInstanceBot, Channel, ChannelFlow} {
			if got, ok := ResourceOf(r.Form(instance)); !ok || got != r {
				t.Errorf("the form %q of %q is one of %q", r.Form(instance), r, got)
			}
		}
	}
}

func FuzzResourceOf(f *testing.F) {
	f.Add("arn:aws:chime:us-east-1:111122223333:app-instance/i/channel/c")
	f.Add("arn:aws:chime:::app-instance//")
	f.Fuzz(func(t *testing.T, arn string) {
		kind, ok := ResourceOf(arn)
		instance := AppInstanceOf(arn)
		if ok != (kind != "") || ok != (instance != "") {
			t.Fatalf("%q: type %q, %v, of %q", arn, kind, ok, instance)
		}
		if ok {
			if of, _ := ResourceOf(instance); of != AppInstance {
				t.Fatalf("%q is of %q, a %q", arn, instance, of)
			}
		}
	})
}
