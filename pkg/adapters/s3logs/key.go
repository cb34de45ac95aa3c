package s3logs

import (
	"strings"
	"time"

	"chimewatch/pkg/cloudtrail"
)

// Kind says what an object is, by its key.
type Kind int

// The kinds of objects.
const (
	Other   Kind = iota // not CloudTrail's, or not where CloudTrail writes
	LogFile             // records
	Digest              // signatures of log files; holds no records
	Insight             // Insights events; holds no records
)

// Key is what the key of an object that CloudTrail wrote says.
type Key struct {
	Kind    Kind
	Account string    // twelve digits: whose records the file holds
	Region  string    // for example "us-east-1"
	Day     time.Time // midnight UTC of the day of the delivery
}

// ParseKey reads a key of the form
//
//	[PREFIX/]AWSLogs/[o-ORGANISATION/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/ACCOUNT_CloudTrail_REGION_....json.gz
//
// A key of any other form is Other. The first AWSLogs decides: who may write
// only below one account's folder can't make a key that reads as another's.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
func ParseKey(key string) Key {
	_, parts, ok := split(key)
	if !ok || len(parts) != 7 {
		return Key{}
	}
	account, service, region, name := parts[0], parts[1], parts[2], parts[6]
	day, err := time.Parse("2006/01/02", strings.Join(parts[3:6], "/"))
	if err != nil || region == "" {
		return Key{}
	}
	k := Key{Account: account, Region: region, Day: day}
	switch service {
	case "CloudTrail":
		if strings.HasPrefix(name, account+"_CloudTrail_"+region+"_") && strings.HasSuffix(name, ".json.gz") {
			k.Kind = LogFile
		}
	case "CloudTrail-Digest":
		k.Kind = Digest
	case "CloudTrail-Insight":
		k.Kind = Insight
	}
	if k.Kind == Other {
		return Key{}
	}
	return k
}

// split returns the part of a key up to the account, and the parts between the
// slashes from the account on. It is false where no account follows AWSLogs.
func split(key string) (head string, parts []string, ok bool) {
	const logs = "AWSLogs/"
	i := 0
	if !strings.HasPrefix(key, logs) {
		if i = strings.Index(key, "/"+logs) + 1; i == 0 {
			return "", nil, false
		}
	}
	i += len(logs)
	if organisation, _, found := strings.Cut(key[i:], "/"); found && strings.HasPrefix(organisation, "o-") {
		i += len(organisation) + 1
	}
	parts = strings.Split(key[i:], "/")
	return key[:i], parts, cloudtrail.IsAccount(parts[0])
}
