package templatetest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

func resolved(t *testing.T, parameters map[string]string) (*Template, map[string]Resource) {
	t.Helper()
	template, err := Load([]byte(read(t, templateFile)))
	if err != nil {
		t.Fatal(err)
	}
	resources, err := template.Resolve(parameters)
	if err != nil {
		t.Fatal(err)
	}
	return template, resources
}

// The runbook has a section for each alarm and for nothing else, and each alarm
// links to its section.
func TestRunbook(t *testing.T) {
	_, resources := resolved(t, everything())
	var sections, alarms []string
	for line := range strings.Lines(read(t, "../../docs/operate.md")) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "### "); ok {
			sections = append(sections, name)
		}
	}
	for _, r := range resources {
		if r.Type != "AWS::CloudWatch::Alarm" {
			continue
		}
		name := strings.TrimPrefix(fmt.Sprint(r.Properties["AlarmName"]), "chimewatch-")
		alarms = append(alarms, name)
		if link := "docs/operate.md#" + name; !strings.HasSuffix(fmt.Sprint(r.Properties["AlarmDescription"]), link) {
			t.Errorf("%s does not end with %s", r.ID, link)
		}
	}
	slices.Sort(sections)
	slices.Sort(alarms)
	if !slices.Equal(sections, alarms) {
		t.Errorf("docs/operate.md has sections\n%q, the alarms are\n%q", sections, alarms)
	}
}

// Every parameter and every variable of a function is explained.
func TestDeploymentIsDocumented(t *testing.T) {
	template, resources := resolved(t, nil)
	page := read(t, "../../docs/deploy.md")
	for name, p := range mapOf(template.root["Parameters"]) {
		if !strings.Contains(page, "`"+name+"`") {
			t.Errorf("docs/deploy.md does not explain the parameter %s", name)
		}
		if mapOf(p)["Description"] == nil {
			t.Errorf("the parameter %s has no description", name)
		}
	}
	variables := map[string]bool{}
	for _, r := range resources {
		for name := range mapOf(mapOf(r.Properties["Environment"])["Variables"]) {
			variables[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if !strings.Contains(page, "`"+name+"`") {
			t.Errorf("docs/deploy.md does not explain the variable %s", name)
		}
	}
}

// Every parameter is in a group, so that the console shows it with its like.
func TestParametersAreGrouped(t *testing.T) {
	template, _ := resolved(t, nil)
	grouped := map[string]int{}
	metadata := mapOf(mapOf(template.root["Metadata"])["AWS::CloudFormation::Interface"])
	for _, group := range listOf(metadata["ParameterGroups"]) {
		for _, name := range textsOf(mapOf(group)["Parameters"]) {
			grouped[name]++
		}
	}
	for name := range mapOf(template.root["Parameters"]) {
		if grouped[name] != 1 {
			t.Errorf("the parameter %s is in %d groups", name, grouped[name])
		}
		delete(grouped, name)
	}
	for name := range grouped {
		t.Errorf("the group's parameter %s is not there", name)
	}
}

// The dashboard shows alarms that are there.
func TestDashboard(t *testing.T) {
	_, resources := resolved(t, nil)
	alarms := map[string]bool{}
	for _, r := range resources {
		if r.Type == "AWS::CloudWatch::Alarm" {
			alarms["arn:aws:cloudwatch:"+Region+":"+Account+":alarm:"+fmt.Sprint(r.Properties["AlarmName"])] = true
		}
	}
	var board struct {
		Widgets []struct{ Properties struct{ Alarms []string } }
	}
	if err := json.Unmarshal([]byte(fmt.Sprint(resources["Dashboard"].Properties["DashboardBody"])), &board); err != nil {
		t.Fatal(err)
	}
	for _, w := range board.Widgets {
		for _, arn := range w.Properties.Alarms {
			if !alarms[arn] {
				t.Errorf("the dashboard shows %s, which is not there", arn)
			}
		}
	}
	if len(board.Widgets) == 0 || len(board.Widgets[0].Properties.Alarms) == 0 {
		t.Error("the dashboard shows no alarms")
	}
}
