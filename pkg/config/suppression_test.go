package config

import (
	"net/netip"
	"testing"
	"time"

	"chimewatch/pkg/denial"
	"chimewatch/pkg/principal"
)

func TestSilences(t *testing.T) {
	at := time.Date(2026, 3, 18, 23, 59, 59, 0, time.UTC)
	call := denial.Call{
		Time: at, Operation: "ListChannels", Source: netip.MustParseAddr("203.0.113.7"),
		Principal: principal.Principal{Key: "arn:aws:iam::111122223333:role/scanner-7", Account: "111122223333"},
	}
	until := Date{Time: time.Date(2026, 3, 18, 0, 0, 0, 0, time.UTC)}
	for name, tt := range map[string]struct {
		s    Suppression
		want bool
	}{
		"exact principal":    {Suppression{Principal: call.Principal.Key}, true},
		"glob":               {Suppression{Principal: "arn:aws:iam::*:role/scanner-*"}, true},
		"glob of others":     {Suppression{Principal: "arn:aws:iam::*:role/backup-*"}, false},
		"a star stops at /":  {Suppression{Principal: "arn:*"}, false},
		"account":            {Suppression{Account: "111122223333", Operation: "ListChannels"}, true},
		"another account":    {Suppression{Account: "999988887777", Operation: "ListChannels"}, false},
		"another operation":  {Suppression{Operation: "DeleteChannel"}, false},
		"network":            {Suppression{Network: netip.MustParsePrefix("203.0.113.0/24")}, true},
		"another network":    {Suppression{Network: netip.MustParsePrefix("198.51.100.0/24")}, false},
		"all must hold":      {Suppression{Principal: call.Principal.Key, Operation: "DeleteChannel"}, false},
		"over since the day": {Suppression{Principal: call.Principal.Key, Until: Date{Time: until.AddDate(0, 0, -1)}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.s.Until.IsZero() {
				tt.s.Until = until
			}
			if got := tt.s.Silences(&call); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
