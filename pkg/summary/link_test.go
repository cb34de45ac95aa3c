package summary

import "testing"

func TestEventLink(t *testing.T) {
	const id = "2b1c0d3e-4f56-4a78-9b0c-1d2e3f405162"
	for _, c := range []struct{ region, id, want string }{
		{"us-east-1", id, "https://us-east-1.console.aws.amazon.com/cloudtrailv2/home?region=us-east-1#/events/" + id},
		{"us-gov-west-1", id, "https://us-gov-west-1.console.amazonaws-us-gov.com/cloudtrailv2/home?region=us-gov-west-1#/events/" + id},
		{"cn-north-1", id, "https://cn-north-1.console.amazonaws.cn/cloudtrailv2/home?region=cn-north-1#/events/" + id},
		{"us-east-1.evil", id, ""},
		{"us-east-1", "javascript:alert(1)", ""},
	} {
		if got := eventLink(Event{Region: c.region, ID: c.id}); got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.region, c.id, got, c.want)
		}
	}
}
