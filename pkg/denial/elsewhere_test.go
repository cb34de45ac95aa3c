package denial

import (
	"testing"

	"chimewatch/pkg/principal"
)

func TestElsewhere(t *testing.T) {
	const own = "111122223333"
	for _, tt := range []struct{ caller, resource, want string }{
		{own, "arn:aws:chime:us-east-1:444455556666:app-instance/a/channel/b", "444455556666"},
		{own, "arn:aws-cn:chime:cn-north-1:444455556666:app-instance/a", "444455556666"},
		{own, "arn:aws:chime:us-east-1:111122223333:app-instance/a/channel/b", ""},
		{"", "arn:aws:chime:us-east-1:444455556666:app-instance/a", ""},
		{"11112222333x", "arn:aws:chime:us-east-1:444455556666:app-instance/a", ""},
		{own, "arn:aws:chime:us-east-1::app-instance/a", ""},
		{own, "arn:aws:chime:us-east-1:44445555666:app-instance/a", ""},
		{own, "arn:aws:chime:us-east-1:444455556666", ""},
		{own, "arn:aws:s3:us-east-1:444455556666:bucket", ""},
		{own, "arn:aws:chime", ""},
		{own, "", ""},
	} {
		c := Call{Principal: principal.Principal{Account: tt.caller}, Resource: "arn:aws:chime:us-east-1:111122223333:app-instance/a", Bearer: tt.resource}
		if got := c.Elsewhere(); tt.caller == own && got != tt.want {
			t.Errorf("caller %q, bearer %q: %q, want %q", tt.caller, tt.resource, got, tt.want)
		}
		c = Call{Principal: principal.Principal{Account: tt.caller}, Resource: tt.resource}
		if got := c.Elsewhere(); got != tt.want {
			t.Errorf("caller %q, resource %q: %q, want %q", tt.caller, tt.resource, got, tt.want)
		}
	}
}
