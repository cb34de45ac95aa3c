package principal

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"chimewatch/pkg/cloudtrail"
)

// identity types and their fields:
const userIdentity = "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html"

func TestOf(t *testing.T) {
	const (
		sso  = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Support_0123456789abcdef"
		ssoS = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Support_0123456789abcdef/jane@example.com"
	)
	tests := []struct {
		name   string
		source string
		id     cloudtrail.Identity
		want   Principal
	}{
		{"assumed role, issuer and session", userIdentity,
			cloudtrail.Identity{Type: "AssumedRole", PrincipalID: "AROAEXAMPLE:s1", ARN: "arn:aws:sts::111122223333:assumed-role/backend/s1", AccountID: "111122223333",
				IssuerType: "Role", IssuerARN: "arn:aws:iam::111122223333:role/backend"},
			Principal{Key: "arn:aws:iam::111122223333:role/backend", Type: "AssumedRole", Account: "111122223333", Role: true}},
		{"the role's path takes no part", "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-friendly-names",
			cloudtrail.Identity{Type: "AssumedRole", ARN: "arn:aws:sts::111122223333:assumed-role/backend/s1", IssuerARN: "arn:aws:iam::111122223333:role/team/chat/backend"},
			Principal{Key: "arn:aws:iam::111122223333:role/backend", Type: "AssumedRole", Role: true}},
		{"without an issuer the session's ARN tells", userIdentity,
			cloudtrail.Identity{Type: "AssumedRole", ARN: "arn:aws-us-gov:sts::111122223333:assumed-role/backend/s/1"},
			Principal{Key: "arn:aws-us-gov:iam::111122223333:role/backend", Type: "AssumedRole", Role: true}},
		{"the issuer is no role", userIdentity,
			cloudtrail.Identity{Type: "AssumedRole", ARN: "arn:aws:sts::111122223333:assumed-role/backend/s1", IssuerARN: "arn:aws:iam::111122223333:user/role/x"},
			Principal{Key: "arn:aws:iam::111122223333:role/backend", Type: "AssumedRole", Role: true}},
		{"an assumed role without any ARN", userIdentity,
			cloudtrail.Identity{Type: "AssumedRole", PrincipalID: "AROAEXAMPLE:s1", AccessKeyID: "ASIAEXAMPLE"},
			Principal{Key: "AROAEXAMPLE:s1", Type: "AssumedRole", Role: true}},
		{"an assumed role whose ARN is a role's", userIdentity,
			cloudtrail.Identity{Type: "AssumedRole", ARN: "arn:aws:iam::111122223333:role/path/backend"},
			Principal{Key: "arn:aws:iam::111122223333:role/path/backend", Type: "AssumedRole", Role: true}},
		{"role, by its own ARN", userIdentity,
			cloudtrail.Identity{Type: "Role", PrincipalID: "AROAEXAMPLE", ARN: "arn:aws-cn:iam::111122223333:role/path/backend", AccountID: "111122223333"},
			Principal{Key: "arn:aws-cn:iam::111122223333:role/backend", Type: "Role", Account: "111122223333", Role: true}},
		{"role, by a session's ARN", userIdentity,
			cloudtrail.Identity{Type: "Role", ARN: "arn:aws:sts::111122223333:assumed-role/backend/s1"},
			Principal{Key: "arn:aws:iam::111122223333:role/backend", Type: "Role", Role: true}},
		{"permission set: one key per person", "https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html",
			cloudtrail.Identity{Type: "AssumedRole", ARN: ssoS, IssuerARN: sso},
			Principal{Key: "arn:aws:iam::111122223333:role/AWSReservedSSO_Support_0123456789abcdef/jane@example.com", Type: "AssumedRole", Role: true, SSO: true}},
		{"permission set in the home Region's path", "https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html",
			cloudtrail.Identity{Type: "AssumedRole", ARN: "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_X_1/a/b", IssuerARN: "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_X_1"},
			Principal{Key: "arn:aws:iam::111122223333:role/AWSReservedSSO_X_1/a/b", Type: "AssumedRole", Role: true, SSO: true}},
		{"permission set without a session", userIdentity,
			cloudtrail.Identity{Type: "AssumedRole", IssuerARN: sso},
			Principal{Key: "arn:aws:iam::111122223333:role/AWSReservedSSO_Support_0123456789abcdef", Type: "AssumedRole", Role: true, SSO: true}},
		{"a path that only looks like that of a permission set", "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-friendly-names",
			cloudtrail.Identity{Type: "AssumedRole", ARN: "arn:aws:sts::111122223333:assumed-role/x/s1", IssuerARN: "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com.example/x"},
			Principal{Key: "arn:aws:iam::111122223333:role/x", Type: "AssumedRole", Role: true}},
		{"role of a web identity", "https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html#cloudtrail-integration_examples-sts-api",
			cloudtrail.Identity{Type: "AssumedRole", ARN: "arn:aws:sts::111122223333:assumed-role/app/CognitoIdentityCredentials", IssuerARN: "arn:aws:iam::111122223333:role/app", FederatedProvider: "cognito-identity.amazonaws.com"},
			Principal{Key: "arn:aws:iam::111122223333:role/app", Type: "AssumedRole", Role: true, WebIdentity: true}},
		{"a session named like a policy that quarantines", "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCompromisedKeyQuarantineV3.html",
			cloudtrail.Identity{Type: "AssumedRole", ARN: "arn:aws:sts::111122223333:assumed-role/backend/AWSCompromisedKeyQuarantine", IssuerARN: "arn:aws:iam::111122223333:role/backend"},
			Principal{Key: "arn:aws:iam::111122223333:role/backend", Type: "AssumedRole", Role: true}},
		{"IAM user", userIdentity,
			cloudtrail.Identity{Type: "IAMUser", PrincipalID: "AIDAEXAMPLE", ARN: "arn:aws:iam::111122223333:user/path/alice", AccountID: "111122223333", UserName: "alice"},
			Principal{Key: "arn:aws:iam::111122223333:user/path/alice", Type: "IAMUser", Account: "111122223333"}},
		{"IAM user through a service", userIdentity,
			cloudtrail.Identity{Type: "IAMUser", ARN: "arn:aws:iam::111122223333:user/alice", InvokedBy: "cloudformation.amazonaws.com"},
			Principal{Key: "arn:aws:iam::111122223333:user/alice", Type: "IAMUser"}},
		{"IAM user without an ARN", userIdentity,
			cloudtrail.Identity{Type: "IAMUser", PrincipalID: "AIDAEXAMPLE", AccessKeyID: "AKIAEXAMPLE"},
			Principal{Key: "AIDAEXAMPLE", Type: "IAMUser"}},
		{"federated user", userIdentity,
			cloudtrail.Identity{Type: "FederatedUser", PrincipalID: "111122223333:bob", ARN: "arn:aws:sts::111122223333:federated-user/bob"},
			Principal{Key: "arn:aws:sts::111122223333:federated-user/bob", Type: "FederatedUser"}},
		{"root", userIdentity,
			cloudtrail.Identity{Type: "Root", PrincipalID: "111122223333", ARN: "arn:aws:iam::111122223333:root", AccountID: "111122223333"},
			Principal{Key: "arn:aws:iam::111122223333:root", Type: "Root", Account: "111122223333"}},
		{"root by the account alone", userIdentity,
			cloudtrail.Identity{Type: "Root", AccountID: "111122223333"},
			Principal{Key: "arn:aws:iam::111122223333:root", Type: "Root", Account: "111122223333"}},
		{"root by the ARN alone, another partition", userIdentity,
			cloudtrail.Identity{Type: "Root", ARN: "arn:aws-cn:iam::111122223333:root"},
			Principal{Key: "arn:aws-cn:iam::111122223333:root", Type: "Root"}},
		{"root without either", userIdentity,
			cloudtrail.Identity{Type: "Root", AccessKeyID: "AKIAEXAMPLE"},
			Principal{Key: "AKIAEXAMPLE", Type: "Root"}},
		{"Identity Center user", "https://docs.aws.amazon.com/singlesignon/latest/userguide/sso-cloudtrail-use-cases.html",
			cloudtrail.Identity{Type: "IdentityCenterUser", AccountID: "111122223333", IdentityStoreARN: "arn:aws:identitystore::111122223333:identitystore/d-1234567890", OnBehalfOfUserID: "544894e8-80c1"},
			Principal{Key: "arn:aws:identitystore::111122223333:identitystore/d-1234567890/544894e8-80c1", Type: "IdentityCenterUser", Account: "111122223333"}},
		{"Identity Center user without an id", userIdentity,
			cloudtrail.Identity{Type: "IdentityCenterUser", AccountID: "111122223333", IdentityStoreARN: "arn:aws:identitystore::111122223333:identitystore/d-1234567890"},
			Principal{Key: "111122223333", Type: "IdentityCenterUser", Account: "111122223333"}},
		{"service", userIdentity,
			cloudtrail.Identity{Type: "AWSService", InvokedBy: "messaging.chime.amazonaws.com"},
			Principal{Key: "messaging.chime.amazonaws.com", Type: "AWSService", Service: true}},
		{"service without a name is none", userIdentity,
			cloudtrail.Identity{Type: "AWSService", PrincipalID: "AROAEXAMPLE:x"},
			Principal{Key: "AROAEXAMPLE:x", Type: "AWSService"}},
		{"service event without a type", "https://docs.aws.amazon.com/chime-sdk/latest/dg/expiration.html",
			cloudtrail.Identity{AccountID: "111122223333", InvokedBy: "chime.amazonaws.com"},
			Principal{Key: "chime.amazonaws.com", Account: "111122223333", Service: true}},
		{"no type, but an ARN", userIdentity,
			cloudtrail.Identity{ARN: "arn:aws:iam::111122223333:user/alice", InvokedBy: "chime.amazonaws.com"},
			Principal{Key: "arn:aws:iam::111122223333:user/alice"}},
		{"another account", userIdentity,
			cloudtrail.Identity{Type: "AWSAccount", AccountID: "444455556666", PrincipalID: "AROAEXAMPLE:x"},
			Principal{Key: "aws-account:444455556666:AROAEXAMPLE:x", Type: "AWSAccount", Account: "444455556666"}},
		{"another account, anonymous", "https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html",
			cloudtrail.Identity{Type: "AWSAccount", AccountID: "anonymous"},
			Principal{Key: "anonymous", Type: "AWSAccount", Account: "anonymous"}},
		{"SAML user", "https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html#cloudtrail-integration_examples-sts-api",
			cloudtrail.Identity{Type: "SAMLUser", PrincipalID: "SampleUkh1i4+ExamplexL/jEvs=:SamlExample", UserName: "SamlExample", IdentityProvider: "SampleUkh1i4+ExamplexL/jEvs="},
			Principal{Key: "SampleUkh1i4+ExamplexL/jEvs=:SampleUkh1i4+ExamplexL/jEvs=:SamlExample", Type: "SAMLUser"}},
		{"web identity user", "https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html#cloudtrail-integration_examples-sts-api",
			cloudtrail.Identity{Type: "WebIdentityUser", PrincipalID: "accounts.google.com:client.apps:user", UserName: "user", IdentityProvider: "accounts.google.com"},
			Principal{Key: "accounts.google.com:accounts.google.com:client.apps:user", Type: "WebIdentityUser", WebIdentity: true}},
		{"web identity user without a provider", userIdentity,
			cloudtrail.Identity{Type: "WebIdentityUser", PrincipalID: "user"},
			Principal{Key: "user", Type: "WebIdentityUser", WebIdentity: true}},
		{"directory", userIdentity,
			cloudtrail.Identity{Type: "Directory", ARN: "arn:aws:ds:us-east-1:111122223333:directory/d-1/user/carol", AccountID: "111122223333"},
			Principal{Key: "arn:aws:ds:us-east-1:111122223333:directory/d-1/user/carol", Type: "Directory", Account: "111122223333"}},
		{"unknown", userIdentity,
			cloudtrail.Identity{Type: "Unknown", AccessKeyID: "AKIAEXAMPLE", AccountID: "111122223333"},
			Principal{Key: "AKIAEXAMPLE", Type: "Unknown", Account: "111122223333"}},
		{"a type that AWS has yet to invent", userIdentity,
			cloudtrail.Identity{Type: "Agent", InvokedBy: "x.amazonaws.com"},
			Principal{Key: "x.amazonaws.com", Type: "Agent"}},
		{"nothing at all", userIdentity,
			cloudtrail.Identity{},
			Principal{Key: "unknown"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Of(&tt.id)); diff != "" {
				t.Errorf("Of, by %s (-want +got):\n%s", tt.source, diff)
			}
		})
	}
}

// field draws what may stand in a field of an identity: nothing, something
// usual, anything.
func field() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.Just(""),
		rapid.SampledFrom([]string{
			"111122223333", "AROAEXAMPLE:session", "chime.amazonaws.com", "arn:", "arn:::::", "arn:aws:sts::1:assumed-role//", "arn:aws:iam::1:role/",
			"arn:aws:sts::111122223333:assumed-role/backend/s", "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/X", "arn:aws:iam::111122223333:role/x/y",
		}),
		rapid.String(),
	)
}

func identity() *rapid.Generator[cloudtrail.Identity] {
	return rapid.Custom(func(t *rapid.T) cloudtrail.Identity {
		f := field()
		return cloudtrail.Identity{
			Type: rapid.SampledFrom([]string{
				"Root", "IAMUser", "AssumedRole", "Role", "FederatedUser", "Directory", "AWSAccount", "AWSService",
				"IdentityCenterUser", "Unknown", "SAMLUser", "WebIdentityUser", "", "Other",
			}).Draw(t, "type"),
			PrincipalID: f.Draw(t, "principal"), ARN: f.Draw(t, "arn"), AccountID: f.Draw(t, "account"), AccessKeyID: f.Draw(t, "key"),
			UserName: f.Draw(t, "user"), InvokedBy: f.Draw(t, "invoked"), IdentityProvider: f.Draw(t, "provider"),
			IssuerType: f.Draw(t, "issuer type"), IssuerARN: f.Draw(t, "issuer"), IssuerUserName: f.Draw(t, "issuer user"),
			FederatedProvider: f.Draw(t, "federated"), IdentityStoreARN: f.Draw(t, "store"), OnBehalfOfUserID: f.Draw(t, "on behalf of"),
		}
	})
}

func TestOfAlwaysHasAKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := identity().Draw(t, "identity")
		before := id
		p := Of(&id)
		if p.Key == "" {
			t.Fatal("empty key")
		}
		if id != before || Of(&id) != p {
			t.Fatal("Of is not a pure function of the identity")
		}
		if p.Service && (p.Role || p.SSO || id.InvokedBy == "") {
			t.Fatalf("a service that is none: %+v", p)
		}
	})
}

// A caller may name each session as it likes: one role, one key.
func TestOfFoldsSessions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[\w+=,.@-]{1,64}`).Draw(t, "role")
		path := rapid.SampledFrom([]string{"/", "/team/", "/aws-reserved/", "/aws-reserved/sso/", "/service-role/"}).Draw(t, "path")
		key := func() string {
			session := rapid.String().Draw(t, "session")
			id := cloudtrail.Identity{
				Type:        "AssumedRole",
				PrincipalID: "AROAEXAMPLE:" + session,
				ARN:         "arn:aws:sts::111122223333:assumed-role/" + name + "/" + session,
				AccountID:   "111122223333",
			}
			if rapid.Bool().Draw(t, "issuer") {
				id.IssuerARN = "arn:aws:iam::111122223333:role" + path + name
			}
			return Of(&id).Key
		}
		want := "arn:aws:iam::111122223333:role/" + name
		for range 3 {
			if got := key(); got != want {
				t.Fatalf("key %q, want %q", got, want)
			}
		}
	})
}

func TestSession(t *testing.T) {
	tests := []struct {
		id   cloudtrail.Identity
		want string
	}{
		{cloudtrail.Identity{Type: "AssumedRole", ARN: "arn:aws:sts::111122223333:assumed-role/r/a/b"}, "a/b"},
		{cloudtrail.Identity{Type: "AssumedRole", PrincipalID: "AROAEXAMPLE:i-0123"}, "i-0123"},
		{cloudtrail.Identity{Type: "AssumedRole", PrincipalID: "AROAEXAMPLE"}, ""},
		{cloudtrail.Identity{Type: "IAMUser", PrincipalID: "a:b", ARN: "arn:aws:iam::111122223333:user/x"}, ""},
	}
	for _, tt := range tests {
		if got := Session(&tt.id); got != tt.want {
			t.Errorf("Session(%+v) = %q, want %q", tt.id, got, tt.want)
		}
	}
}
