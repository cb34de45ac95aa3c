package templatetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// statement is one statement of a policy.
type statement struct {
	where string   // the resource that holds the policy
	on    []string // ids of the queues or topics, or of the roles, that it is for
	key   bool     // of a key policy
	trust bool     // of a role's trust policy

	allow      bool
	actions    []string
	resources  []string
	services   []string
	principals []string
	conditions map[string]any
}

// statements returns the statements of every policy in the stack.
func (s *stack) statements() []statement {
	if s.policies != nil {
		return s.policies
	}
	var all []statement
	add := func(r Resource, document any, on []string, change func(*statement)) {
		if text, ok := document.(string); ok {
			var m map[string]any
			if err := json.Unmarshal([]byte(text), &m); err != nil {
				s.fault(r.ID, "the policy is no JSON: "+err.Error())
				return
			}
			document = m
		}
		for _, v := range listOf(mapOf(document)["Statement"]) {
			m := mapOf(v)
			st := statement{where: r.ID, on: on, allow: m["Effect"] == "Allow", actions: textsOf(m["Action"]), resources: textsOf(m["Resource"]), conditions: mapOf(m["Condition"])}
			switch p := m["Principal"].(type) {
			case string:
				st.principals = []string{p}
			case map[string]any:
				st.services, st.principals = textsOf(p["Service"]), textsOf(p["AWS"])
			}
			if change != nil {
				change(&st)
			}
			all = append(all, st)
		}
	}
	queues, topics, roles := s.byName("AWS::SQS::Queue"), s.byName("AWS::SNS::Topic"), s.byName("AWS::IAM::Role")
	ids := func(names map[string]string, v any) []string {
		var found []string
		for _, text := range textsOf(v) {
			found = append(found, names[text])
		}
		return found
	}
	for id, r := range s.resources {
		switch r.Type {
		case "AWS::SQS::QueuePolicy":
			add(r, r.Properties["PolicyDocument"], ids(queues, r.Properties["Queues"]), nil)
		case "AWS::SNS::TopicPolicy":
			add(r, r.Properties["PolicyDocument"], ids(topics, r.Properties["Topics"]), nil)
		case "AWS::S3::BucketPolicy", "AWS::Logs::ResourcePolicy":
			add(r, r.Properties["PolicyDocument"], nil, nil)
		case "AWS::KMS::Key":
			add(r, r.Properties["KeyPolicy"], nil, func(st *statement) { st.key = true })
		case "AWS::IAM::Policy":
			add(r, r.Properties["PolicyDocument"], ids(roles, r.Properties["Roles"]), nil)
		case "AWS::IAM::Role":
			add(r, r.Properties["AssumeRolePolicyDocument"], nil, func(st *statement) { st.trust = true })
			for _, p := range listOf(r.Properties["Policies"]) {
				add(r, mapOf(p)["PolicyDocument"], []string{id}, nil)
			}
		}
	}
	s.policies = all
	return all
}

// sourceBound reports whether a condition ties a service to a source or an
// encryption context of ours.
func (st statement) sourceBound() bool {
	for _, operator := range []string{"ArnEquals", "ArnLike", "StringEquals", "StringLike"} {
		for key, value := range mapOf(st.conditions[operator]) {
			switch {
			case strings.EqualFold(key, "aws:SourceArn"), strings.HasPrefix(key, "kms:EncryptionContext:"):
				for _, text := range textsOf(value) {
					if text == "*" || !strings.HasPrefix(text, "arn:aws:") {
						return false
					}
				}
				return true
			}
		}
	}
	return false
}

// encryptedTransport reports whether the statement refuses all that comes
// without TLS.
func (st statement) encryptedTransport() bool {
	return !st.allow && slices.Contains(st.principals, "*") && fmt.Sprint(mapOf(st.conditions["Bool"])["aws:SecureTransport"]) == "false"
}

// grants reports whether the statement allows all these actions.
func (st statement) grants(actions ...string) bool {
	return st.allow && !slices.ContainsFunc(actions, func(a string) bool { return !slices.Contains(st.actions, a) })
}
