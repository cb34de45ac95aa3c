package storetest

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"chimewatch/pkg/chime"
	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/principal"
)

const (
	account  = "111122223333"
	resource = "arn:aws:chime:us-east-1:111122223333:app-instance/3c3c8c7e/channel/"
	bearer   = "arn:aws:chime:us-east-1:111122223333:app-instance/3c3c8c7e/user/"
	scp      = "arn:aws:organizations::111122223333:policy/o-1/service_control_policy/p-"
)

// Traffic makes calls as package denial would of the records of a few days:
// people, workloads, app users and services, refused for every cause, on both
// sides of midnight. The same seed makes the same calls.
func Traffic(seed uint64, n int) []denial.Call {
	r := rand.New(rand.NewPCG(seed, 0x5eed))
	out := make([]denial.Call, n)
	for i := range out {
		out[i] = randomCall(r)
	}
	return out
}

func randomCall(r *rand.Rand) denial.Call {
	ops := chime.Operations()
	at := Now().Add(-time.Duration(r.IntN(60*60*60)) * time.Second)
	if r.IntN(3) == 0 { // many in one hour
		at = Now().Add(-13 * time.Hour).Add(time.Duration(r.IntN(3600_000)) * time.Millisecond)
	}
	c := refused(at, role(r.IntN(5)), ops[r.IntN(len(ops))].Name)
	c.Key.EventID = eventID(r)
	c.Digest = r.Uint64() | 1
	c.Key.Region = []string{"us-east-1", "eu-central-1"}[r.IntN(2)]
	c.Resource = fmt.Sprint(resource, r.IntN(60))
	c.Source = netip.AddrFrom4([4]byte{203, 0, byte(r.IntN(12)), byte(r.IntN(3))})
	c.AccessKey = fmt.Sprintf("ASIAEXAMPLE%05d", r.IntN(4))
	switch r.IntN(10) {
	case 0:
		c.Principal = principal.Principal{Key: "arn:aws:iam::111122223333:root", Type: "Root", Account: account}
	case 1:
		c.Principal = principal.Principal{Key: "arn:aws:iam::444455556666:user/guest", Type: "IAMUser", Account: "444455556666"}
		c.Foreign = true
	case 2:
		c.Principal = principal.Principal{Key: "messaging.chime.amazonaws.com", Type: "AWSService", Service: true}
		c.AccessKey, c.Source, c.SourceName = "", netip.Addr{}, "messaging.chime.amazonaws.com"
	}
	if r.IntN(3) > 0 {
		c.Bearer = fmt.Sprint(bearer, r.IntN(7))
	}
	switch r.IntN(7) {
	case 0, 1:
		c.Cause, c.ErrorCode, c.ErrorText = denial.AppRole, "ForbiddenException", "Forbidden"
		c.BadBearer = r.IntN(2) == 0
	case 2:
		c.Cause, c.ErrorCode = denial.Credential, "UnauthorizedClientException"
	case 3:
		c.Cause, c.ErrorCode, c.Resource = denial.Network, "VpceAccessDenied", ""
	case 4:
		c.Message = denial.Message{Action: "chime:" + c.Operation, Policy: denial.ServiceControlPolicy, Explicit: true, PolicyARN: fmt.Sprint(scp, r.IntN(2))}
	}
	switch r.IntN(12) {
	case 0:
		if !c.Principal.Service {
			c.Outcome, c.Cause, c.ErrorCode, c.ErrorText, c.Message, c.BadBearer = denial.Success, "", "", "", denial.Message{}, false
		}
	case 1:
		c.Source, c.SourceName = netip.AddrFrom4([4]byte{10, 0, 0, byte(r.IntN(3))}), ""
	case 2:
		c.KnownSource = c.Source.IsValid()
	}
	return finish(c)
}

// finish sets what follows from the other fields.
func finish(c denial.Call) denial.Call {
	c.Critical, c.Read = chime.Critical(c.Operation), chime.ReadOnly(c.Operation)
	c.Public = c.Source.IsValid() && !c.Source.IsPrivate()
	if c.SourceName == "" && c.Source.IsValid() {
		c.SourceName = c.Source.String()
	}
	return c
}

// refused returns a denial by IAM with an event id made of its time.
func refused(at time.Time, by principal.Principal, operation string) denial.Call {
	c := denial.Call{
		Key:  cloudtrail.Key{Account: account, Region: "us-east-1", EventID: fmt.Sprintf("00000000-0000-4000-8000-%012x", uint64(at.UnixMilli()))},
		Time: at, Digest: uint64(at.UnixNano()) | 1, Principal: by,
		Operation: operation, Outcome: denial.Refused, Cause: denial.IAM,
		Source: netip.MustParseAddr("198.51.100.7"), Session: "i-0123", ErrorCode: "AccessDeniedException",
		ErrorText: "User: " + by.Key + " is not authorized to perform: chime:" + operation +
			" because no identity-based policy allows the chime:" + operation + " action",
		UserAgent: "aws-sdk-go-v2/1.32.3 ua/2.1 os/linux", RequestID: "8d3f1f9e-0000-4000-8000-000000000000",
	}
	c.Message = denial.ParseMessage(c.ErrorText)
	return finish(c)
}

func role(n int) principal.Principal {
	p := principal.Principal{Key: fmt.Sprintf("arn:aws:iam::111122223333:role/app-%d", n), Type: "AssumedRole", Account: account, Role: true}
	switch n {
	case 3:
		p.WebIdentity = true
	case 4:
		p.Key, p.SSO = "arn:aws:iam::111122223333:role/AWSReservedSSO_Admin_1/jane@example.com", true
	}
	return p
}

// eventID returns an id, mostly in the form that CloudTrail gives.
func eventID(r *rand.Rand) string {
	a, b := r.Uint64(), r.Uint64()
	if r.IntN(20) == 0 {
		return fmt.Sprintf("derived:%016x%016x", a, b)
	}
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", a>>32, a>>16&0xffff, a&0xffff, b>>48, b&0xffffffffffff)
}
