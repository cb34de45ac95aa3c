package summary

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"chimewatch/pkg/chime"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/tally"
	"chimewatch/pkg/wording"
)

// fixFrom is how often an operation must be refused to a principal to look like
// something that is set up wrongly: less is a try.
const fixFrom = 3

// fixKey tells fixes apart.
type fixKey struct {
	cause             denial.Cause
	missing, deniedBy string
	owner             string // the account that it belongs to, where that is not the principal's
}

// held is what a principal was refused for one cause.
type held struct {
	principal string
	refusalKey
}

// fixes groups what principals are refused again and again by what they lack.
// Suspects, what incidents tell already, and what is suppressed are left out.
func (m *making) fixes() {
	known := m.earliest()
	told := m.told()
	groups := map[fixKey]*Fix{}
	for i := range m.report.People { // most denials first
		p := &m.report.People[i]
		switch {
		case p.decide || m.silenced[p.Key]:
			continue
		case p.Type == "AWSService" || p.Type == "":
			m.services++
			continue
		}
		hit := map[*Fix]int{}
		for r, n := range m.people[p.Key].refusals {
			h := held{p.Key, r}
			if n < fixFrom || told[h] {
				continue
			}
			example := known[h]
			var permission denial.Permission
			if example != nil {
				permission = denial.Advise(example).Permission
			}
			key := fixKeyOf(r, example, permission.Owner)
			f := groups[key]
			if f == nil {
				f = &Fix{Cause: key.cause, DeniedBy: key.deniedBy, Missing: []string{}, owner: key.owner}
				if key.missing != "" {
					f.Missing = append(f.Missing, key.missing)
				}
				groups[key] = f
			}
			hit[f] += n
			if s := permission.Statement; s != nil && key.owner == "" && len(f.statements) == 0 {
				f.statements = append(f.statements, *s)
			}
		}
		for f, n := range hit {
			f.Denials += n
			f.Principals = append(f.Principals, p.Key)
			if p.New {
				f.Fresh++
			}
		}
		if len(hit) == 0 {
			m.tried++
		}
	}
	for _, f := range merged(groups) {
		f.Sentence = sentence(f)
		f.Policy = policyOf(f.statements)
		m.report.Fixes = append(m.report.Fixes, *f)
	}
}

// merged puts what the same principals lack for the same cause together. The
// most principals come first.
func merged(groups map[fixKey]*Fix) []*Fix {
	byWhom := map[string]*Fix{}
	order := slices.SortedFunc(maps.Keys(groups), func(a, b fixKey) int {
		return cmp.Or(cmp.Compare(a.cause, b.cause), cmp.Compare(a.deniedBy, b.deniedBy), cmp.Compare(a.owner, b.owner), cmp.Compare(a.missing, b.missing))
	})
	var out []*Fix
	for _, key := range order {
		f := groups[key]
		id := string(f.Cause) + "\x00" + f.DeniedBy + "\x00" + f.owner + "\x00" + strings.Join(slices.Sorted(slices.Values(f.Principals)), "\x00")
		first := byWhom[id]
		if first == nil {
			byWhom[id] = f
			out = append(out, f)
			continue
		}
		first.Missing = append(first.Missing, f.Missing...)
		first.Denials += f.Denials
		first.statements = append(first.statements, f.statements...)
	}
	slices.SortStableFunc(out, func(a, b *Fix) int {
		return cmp.Or(len(b.Principals)-len(a.Principals), b.Denials-a.Denials)
	})
	return out
}

// policyOf returns statements as one policy.
func policyOf(statements []denial.Statement) string {
	if len(statements) == 0 {
		return ""
	}
	policy := struct {
		Version   string
		Statement []denial.Statement
	}{"2012-10-17", statements}
	text, _ := json.MarshalIndent(policy, "", "  ") // strings alone cannot fail
	return string(text)
}

// earliest returns, for what principals were refused, the earliest call that is
// known of it.
func (m *making) earliest() map[held]*denial.Call {
	out := map[held]*denial.Call{}
	for _, c := range m.data.Calls {
		if c.Outcome != denial.Refused || m.people[c.Principal.Key] == nil {
			continue
		}
		h := held{c.Principal.Key, refusalKey{c.Operation, c.Cause}}
		old, ok := out[h]
		if !ok || (tally.Ref{Time: c.Time, Key: c.Key}).Compare(tally.Ref{Time: old.Time, Key: old.Key}) < 0 {
			out[h] = c
		}
	}
	return out
}

// told returns what incidents about app users tell already of the roles behind
// them.
func (m *making) told() map[held]bool {
	out := map[held]bool{}
	for i := range m.report.Decisions {
		in := &m.report.Decisions[i]
		if in.kind != tally.Bearer {
			continue
		}
		for _, key := range in.Principals {
			for _, op := range in.Operations {
				out[held{key, refusalKey{op, denial.AppRole}}] = true
			}
		}
	}
	return out
}

// fixKeyOf says what a refusal lacks: an IAM action that nothing allows or that
// a policy denies, or for what concerns all operations alike nothing. The owner is
// the account that the example is about, where that is not the caller's.
func fixKeyOf(r refusalKey, example *denial.Call, owner string) fixKey {
	key := fixKey{cause: r.cause, missing: r.operation}
	switch r.cause {
	case denial.Credential:
		key.missing = ""
	case denial.IAM, denial.Network:
		if _, ok := chime.Lookup(r.operation); ok {
			key.missing = "chime:" + r.operation
		}
		if example != nil && r.cause == denial.IAM {
			key.missing = cmp.Or(example.Message.Action, key.missing)
			if example.Message.Explicit {
				key.deniedBy = cmp.Or(example.Message.PolicyARN, string(example.Message.Policy))
			}
			key.owner = owner
		}
	}
	return key
}

// sentence says who lacks what.
func sentence(f *Fix) string {
	who, lack, are, its := kinds(f.Principals), "lack", "are", "their"
	if len(f.Principals) == 1 {
		lack, are, its = "lacks", "is", "its"
	}
	missing := wording.Some(inertNames(f.Missing), 6)
	switch f.Cause {
	case denial.AppRole:
		text := fmt.Sprintf("App users of %s may not make %s", who, missing)
		if op, ok := chime.Lookup(f.Missing[0]); ok && op.Role != "" && len(f.Missing) == 1 {
			text += ", which takes the role of " + string(op.Role)
		}
		return text
	case denial.Credential:
		return fmt.Sprintf("%s %s refused for credentials that have expired or are wrong", who, are)
	case denial.Network:
		return fmt.Sprintf("A VPC endpoint's policy refuses %s to %s", missing, who)
	}
	if f.DeniedBy != "" {
		return fmt.Sprintf("%s %s denied %s by %s", who, are, missing, policyText(f.DeniedBy))
	}
	if f.owner != "" {
		return fmt.Sprintf("%s %s refused %s on what belongs to the account %s, which no policy of %s own account allows", who, are, missing, f.owner, its)
	}
	return fmt.Sprintf("%s %s %s", who, lack, missing)
}

// policyText names a policy by the last part of its ARN.
func policyText(policy string) string {
	if strings.HasPrefix(policy, "arn:") {
		return "policy " + shown(policy[strings.LastIndexByte(policy, '/')+1:])
	}
	if policy != "" && strings.ContainsRune("aeiou", rune(policy[0])) {
		return "an " + shown(policy)
	}
	return "a " + shown(policy)
}

// kinds counts principals by what they are: 12 roles, 1 user.
func kinds(keys []string) string {
	var roles, users int
	for _, key := range keys {
		switch {
		case strings.Contains(key, ":role/"):
			roles++
		case strings.Contains(key, ":user/"):
			users++
		}
	}
	switch len(keys) {
	case roles:
		return wording.Count(roles, "role", "roles")
	case users:
		return wording.Count(users, "user", "users")
	}
	return wording.Count(len(keys), "principal", "principals")
}
