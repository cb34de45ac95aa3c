package inspect

import (
	"context"
	"net/url"
	"strings"

	"chimewatch/pkg/doctor"
)

// stack is what the deployment consists of.
type stack struct {
	outputs    map[string]string
	parameters map[string]string
	resources  map[string]string // physical ids by logical ones
}

// prefix begins the names of rules and schedules, and is the namespace of the
// metrics.
func (s stack) prefix() string {
	if p := s.parameters["NamePrefix"]; p != "" {
		return p
	}
	return "chimewatch"
}

const cloudFormation, cloudFormationVersion = "cloudformation", "2010-05-15"

// stack reads the deployment's stack. One that does not exist has no status.
func (in *Inspector) stack(ctx context.Context, name string) (doctor.Fact[doctor.Stack], stack) {
	status, s, err := in.describe(ctx, name)
	if err != nil {
		return unread[doctor.Stack]("cloudformation:DescribeStacks", err), stack{}
	}
	if status == "" {
		return fact(doctor.Stack{Name: name}), stack{}
	}
	if s.resources, err = in.resources(ctx, name); err != nil {
		return unread[doctor.Stack]("cloudformation:ListStackResources", err), stack{}
	}
	return fact(doctor.Stack{Name: name, Status: status}), s
}

// Outputs returns the outputs of a stack, none where there is no such stack. It
// needs the permission cloudformation:DescribeStacks.
func (in *Inspector) Outputs(ctx context.Context, name string) (map[string]string, error) {
	_, s, err := in.describe(ctx, name)
	return s.outputs, err
}

// describe reads a stack's status, outputs and parameters; the status is empty
// where there is none.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
func (in *Inspector) describe(ctx context.Context, name string) (status string, s stack, err error) {
	var out struct {
		Stacks []struct {
			Status     string `xml:"StackStatus"`
			Parameters []struct {
				Key   string `xml:"ParameterKey"`
				Value string `xml:"ParameterValue"`
			} `xml:"Parameters>member"`
			Outputs []struct {
				Key   string `xml:"OutputKey"`
				Value string `xml:"OutputValue"`
			} `xml:"Outputs>member"`
		} `xml:"DescribeStacksResult>Stacks>member"`
	}
	err = in.signed.query(ctx, cloudFormation, cloudFormationVersion, "DescribeStacks", url.Values{"StackName": {name}}, &out)
	if code(err) == "ValidationError" && strings.Contains(err.Error(), "does not exist") || err == nil && len(out.Stacks) == 0 {
		return "", stack{}, nil
	}
	if err != nil {
		return "", stack{}, err
	}
	s = stack{outputs: map[string]string{}, parameters: map[string]string{}}
	for _, p := range out.Stacks[0].Parameters {
		s.parameters[p.Key] = p.Value
	}
	for _, o := range out.Stacks[0].Outputs {
		s.outputs[o.Key] = o.Value
	}
	return out.Stacks[0].Status, s, nil
}

// resources reads what belongs to a stack.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html
func (in *Inspector) resources(ctx context.Context, name string) (map[string]string, error) {
	found := map[string]string{}
	parameters := url.Values{"StackName": {name}}
	for {
		var out struct {
			Resources []struct {
				Logical  string `xml:"LogicalResourceId"`
				Physical string `xml:"PhysicalResourceId"`
			} `xml:"ListStackResourcesResult>StackResourceSummaries>member"`
			Next string `xml:"ListStackResourcesResult>NextToken"`
		}
		if err := in.signed.query(ctx, cloudFormation, cloudFormationVersion, "ListStackResources", parameters, &out); err != nil {
			return nil, err
		}
		for _, r := range out.Resources {
			found[r.Logical] = r.Physical
		}
		if out.Next == "" {
			return found, nil
		}
		parameters.Set("NextToken", out.Next)
	}
}
