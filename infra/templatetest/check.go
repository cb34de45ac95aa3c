package templatetest

import (
	"cmp"
	"maps"
	"slices"
)

// everything turns on all that the parameters of template.yaml can turn on.
func everything() map[string]string {
	return map[string]string{
		"AlertEmail": "security@example.com", "SummaryEmail": "lead@example.com",
		"OrganizationId": "o-a1b2c3d4e5", "ForwardingAccounts": "444455556666,777788889999",
		"LogBuckets": "trail-logs-one,trail-logs-two", "LogBucketAccount": "444455556666",
		"LogTopicArn": "arn:aws:sns:us-east-1:444455556666:trail", "LogKeyArns": "arn:aws:kms:us-east-1:444455556666:key/one",
		"PermissionsBoundary": "arn:aws:iam::111122223333:policy/bound", "ReservedConcurrency": "20", "Drill": "enabled",
		"IncidentBusArn": "arn:aws:events:us-east-1:111122223333:event-bus/security",
		"TargetBusArn":   "arn:aws:events:eu-central-1:444455556666:event-bus/default",
	}
}

// Check returns what is wrong with a template, sorted: deployed with no
// parameter but those that it demands, and deployed with everything on.
func Check(source []byte) ([]Fault, error) {
	t, err := Load(source)
	if err != nil {
		return nil, err
	}
	var faults []Fault
	all := everything()
	least := map[string]string{"TargetBusArn": all["TargetBusArn"]}
	for _, parameters := range []map[string]string{least, all} {
		resources, err := t.Resolve(parameters)
		if err != nil {
			return nil, err
		}
		s := &stack{resources: resources}
		for _, check := range []func(*stack){
			checkRules, checkCoverage, checkSchedules, checkQueues, checkData, checkFunctions, checkPolicies,
			checkSenders, checkKeyGrants, checkRoles, checkListing, checkAlarms, checkSecrets,
		} {
			check(s)
		}
		faults = append(faults, s.faults...)
	}
	slices.SortFunc(faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Where, b.Where), cmp.Compare(a.What, b.What))
	})
	return slices.Compact(faults), nil
}

// stack is what is being checked.
type stack struct {
	resources map[string]Resource
	policies  []statement // see statements
	faults    []Fault
}

func (s *stack) fault(where, what string) {
	s.faults = append(s.faults, Fault{where, what})
}

// want notes a fault unless ok.
func (s *stack) want(ok bool, where, what string) {
	if !ok {
		s.fault(where, what)
	}
}

// all returns the resources of a type, sorted by id.
func (s *stack) all(kind string) []Resource {
	var found []Resource
	for _, id := range slices.Sorted(maps.Keys(s.resources)) {
		if s.resources[id].Type == kind {
			found = append(found, s.resources[id])
		}
	}
	return found
}

// byName maps what other resources know those of a type by, the ARN of each,
// the URL of a queue and the name of a role, to their ids.
func (s *stack) byName(kind string) map[string]string {
	found := map[string]string{}
	for _, r := range s.all(kind) {
		name := Stack + "-" + r.ID + "-1A2B3C4D5E6F"
		switch kind {
		case "AWS::SQS::Queue":
			found["arn:aws:sqs:"+Region+":"+Account+":"+name] = r.ID
			found["https://sqs."+Region+".amazonaws.com/"+Account+"/"+name] = r.ID
		case "AWS::SNS::Topic":
			found["arn:aws:sns:"+Region+":"+Account+":"+name] = r.ID
		case "AWS::IAM::Role":
			found["arn:aws:iam::"+Account+":role/"+name] = r.ID
			found[name] = r.ID
		}
	}
	return found
}
