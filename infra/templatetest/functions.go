package templatetest

import (
	"fmt"
	"slices"
)

func checkFunctions(s *stack) {
	roles := map[string]string{}
	for _, f := range s.all("AWS::Serverless::Function") {
		p := f.Properties
		s.want(p["Runtime"] == "provided.al2023" && p["Handler"] == "bootstrap", f.ID, "it is built for provided.al2023 with the handler bootstrap")
		s.want(slices.Equal(textsOf(p["Architectures"]), []string{"arm64"}), f.ID, "it is built for arm64")
		s.want(mapOf(p["LoggingConfig"])["LogGroup"] != nil, f.ID, "it logs into a group without key and end")
		s.want(number(p["Timeout"]) > 0 && number(p["Timeout"]) <= 900, f.ID, "the time-out is not between 1 and 900 s")
		role := fmt.Sprint(p["Role"])
		s.want(roles[role] == "", f.ID, "it shares its role with "+roles[role])
		roles[role] = f.ID
	}
	if detector, ok := s.resources["DetectorFunction"]; ok {
		s.want(number(detector.Properties["Timeout"]) == 30, detector.ID, "the detector's time-out is not 30 s")
	}
}

// checkAlarms wants every alarm to tell somebody, and the watch over what has
// to be empty and what has to run.
func checkAlarms(s *stack) {
	alarms := s.all("AWS::CloudWatch::Alarm")
	topics := s.byName("AWS::SNS::Topic")
	watched := map[string]bool{}
	for _, a := range alarms {
		told := slices.ContainsFunc(textsOf(a.Properties["AlarmActions"]), func(arn string) bool { return topics[arn] == "AlertTopic" })
		s.want(told, a.ID, "the alarm tells nobody")
		s.want(a.Properties["ActionsEnabled"] != false, a.ID, "the alarm tells nobody: its actions are off")
		if a.Properties["ComparisonOperator"] == "LessThanThreshold" {
			s.want(a.Properties["TreatMissingData"] == "breaching", a.ID, "what does not run sends no data: missing data has to be breaching")
		} else {
			s.want(a.Properties["TreatMissingData"] == "notBreaching", a.ID, "quiet times make the alarm undecided: missing data is not breaching")
		}
		for _, d := range listOf(a.Properties["Dimensions"]) {
			watched[fmt.Sprint(a.Properties["MetricName"], " ", mapOf(d)["Value"])] = true
		}
	}
	if len(alarms) == 0 {
		return // the forwarder has none
	}
	for _, q := range s.all("AWS::SQS::Queue") {
		name := Stack + "-" + q.ID + "-1A2B3C4D5E6F"
		if len(mapOf(q.Properties["RedrivePolicy"])) == 0 {
			s.want(watched["ApproximateNumberOfMessagesVisible "+name], q.ID, "nobody is told of dead letters in it")
		} else if q.ID != "DrillQueue" {
			s.want(watched["ApproximateAgeOfOldestMessage "+name], q.ID, "nobody is told when messages grow old in it")
		}
	}
	for _, f := range s.all("AWS::Serverless::Function") {
		s.want(watched[fmt.Sprint("Errors ", f.Properties["FunctionName"])], f.ID, "nobody is told when it fails")
	}
	for _, r := range s.all("AWS::Events::Rule") {
		if isGuard(r) {
			s.want(watched[fmt.Sprint("TriggeredRules ", r.Properties["Name"])], r.ID, "nobody is told when it matches")
		}
	}
	s.want(watched["Invocations chimewatch-detector"], "DetectorFunction", "nobody is told when it no longer runs")
	if s.resources["DrillDaily"].Properties["State"] == "ENABLED" {
		s.want(watched["DrillAlerts chimewatch-detector"], "DrillDaily", "nobody is told when no alert comes out of the drill")
	}
}

// isGuard reports whether a rule only logs, so that an alarm has to tell.
func isGuard(r Resource) bool {
	return slices.ContainsFunc(listOf(r.Properties["Targets"]), func(t any) bool { return mapOf(t)["Id"] == "log" })
}
