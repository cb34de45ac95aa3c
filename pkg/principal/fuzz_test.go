package principal

import (
	"strings"
	"testing"

	"chimewatch/pkg/cloudtrail"
)

// FuzzPrincipal holds that every identity has a key, that the key is a pure
// function of it, and that an assumed role's key never takes anything from the
// session's name unless the role belongs to IAM Identity Center.
func FuzzPrincipal(f *testing.F) {
	f.Add("AssumedRole", "AROA:s", "arn:aws:sts::111122223333:assumed-role/r/s", "111122223333", "ASIA", "", "", "arn:aws:iam::111122223333:role/p/r", "", "", "")
	f.Add("AssumedRole", "AROA:s", "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_X_1/jane", "111122223333", "ASIA", "", "", "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_X_1", "", "", "")
	f.Add("Role", "AROA", "arn:aws:iam::111122223333:role/r", "", "", "", "", "", "", "", "")
	f.Add("Root", "", "arn:aws-cn:iam::111122223333:root", "", "", "", "", "", "", "", "")
	f.Add("IdentityCenterUser", "", "", "111122223333", "", "", "", "", "", "arn:aws:identitystore::111122223333:identitystore/d-1", "u")
	f.Add("", "", "", "111122223333", "", "chime.amazonaws.com", "", "", "", "", "")
	f.Add("WebIdentityUser", "x:y", "", "", "", "", "accounts.google.com", "", "accounts.google.com", "", "")
	f.Fuzz(func(t *testing.T, typ, principalID, arn, account, accessKey, invokedBy, provider, issuer, federated, store, user string) {
		id := cloudtrail.Identity{
			Type: typ, PrincipalID: principalID, ARN: arn, AccountID: account, AccessKeyID: accessKey, InvokedBy: invokedBy,
			IdentityProvider: provider, IssuerARN: issuer, FederatedProvider: federated, IdentityStoreARN: store, OnBehalfOfUserID: user,
		}
		before := id
		p := Of(&id)
		if p.Key == "" {
			t.Fatal("empty key")
		}
		if id != before || Of(&id) != p {
			t.Fatal("not a pure function")
		}
		if stored := StoreKey(p.Key); stored == "" || len(stored) > 1024 {
			t.Fatalf("stored in %d bytes", len(stored))
		}
		if ShortName(p.Key) == "" {
			t.Fatal("no short name")
		}
		if !p.Role || p.SSO {
			return
		}
		if session, ok := parseSession(arn); ok {
			id.ARN = strings.TrimSuffix(arn, session.name) + "another"
			if session.name == "" && !strings.HasSuffix(arn, "/") {
				id.ARN = arn + "/another"
			}
			id.PrincipalID = "AROA:another"
			if again := Of(&id); again.Key != p.Key {
				t.Fatalf("key %q turned into %q with another session name", p.Key, again.Key)
			}
		}
	})
}
