package inspecttest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

func (w *World) cloudtrail(a answer, operation, region string, in map[string]any) {
	arn := func(t Trail) string { return "arn:aws:cloudtrail:" + t.Home + ":" + Account + ":trail/" + t.Name }
	if operation == "DescribeTrails" {
		list := []any{}
		for _, t := range w.Trails[region] {
			list = append(list, map[string]any{"Name": t.Name, "TrailARN": arn(t), "HomeRegion": t.Home, "IsMultiRegionTrail": true})
		}
		a.json(map[string]any{"trailList": list})
		return
	}
	name := in["Name"]
	if name == nil {
		name = in["TrailName"]
	}
	// A trail answers where it lives alone.
	for _, t := range slices.Concat(w.Trails["us-east-1"], w.Trails["eu-central-1"]) {
		if arn(t) != name || t.Home != region {
			continue
		}
		switch {
		case operation == "GetTrailStatus":
			a.json(map[string]any{"IsLogging": t.Logging, "LatestDeliveryError": t.DeliveryError, "LatestDeliveryTime": Now().Add(-5 * time.Minute).Unix()})
		case t.Selectors == nil:
			a.fail(http.StatusBadRequest, "AccessDeniedException", "is not authorized to perform: cloudtrail:GetEventSelectors")
		default:
			a.json(t.Selectors)
		}
		return
	}
	a.fail(http.StatusBadRequest, "TrailNotFoundException", "Unknown trail")
}

func (w *World) events(a answer, operation, region string, in map[string]any) {
	if operation == "TestEventPattern" {
		a.json(map[string]any{"Result": matches(fmt.Sprint(in["EventPattern"]), fmt.Sprint(in["Event"]))})
		return
	}
	name := fmt.Sprint(in["Name"])
	if operation == "ListTargetsByRule" {
		name = fmt.Sprint(in["Rule"])
	}
	rule := w.Rules[region][name]
	switch {
	case rule == nil:
		a.fail(http.StatusBadRequest, "ResourceNotFoundException", "Rule "+name+" does not exist on EventBus default.")
	case operation == "ListTargetsByRule":
		targets := []any{}
		for i := range rule.Targets {
			targets = append(targets, map[string]any{"Id": fmt.Sprint(i), "Arn": "arn:aws:sqs:us-east-1:111122223333:q"})
		}
		a.json(map[string]any{"Targets": targets})
	default:
		a.json(map[string]any{"Name": name, "State": rule.State, "EventPattern": rule.Pattern})
	}
}

func (w *World) dynamodb(a answer, operation string) {
	switch {
	case w.NoTable:
		a.fail(http.StatusBadRequest, "ResourceNotFoundException", "Requested resource not found")
	case operation == "DescribeTable":
		a.json(map[string]any{"Table": map[string]any{"TableName": "chimewatch-Table-1", "TableStatus": "ACTIVE"}})
	case operation == "DescribeTimeToLive":
		a.json(map[string]any{"TimeToLiveDescription": map[string]any{"TimeToLiveStatus": w.TTL}})
	default:
		a.json(map[string]any{"ContinuousBackupsDescription": map[string]any{"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": map[string]any{"PointInTimeRecoveryStatus": w.PITR}}})
	}
}

func (w *World) scheduler(a answer, name string) {
	state := w.Schedules[name]
	if state == "" {
		a.fail(http.StatusNotFound, "ResourceNotFoundException", "Schedule "+name+" does not exist.")
		return
	}
	a.json(map[string]any{"Name": name, "State": state, "ScheduleExpression": "rate(1 hour)"})
}

func (w *World) s3(a answer) {
	var b strings.Builder
	for i, t := range w.Reports {
		fmt.Fprintf(&b, "<Contents><Key>reports/%d.html</Key><LastModified>%s</LastModified><Size>1</Size></Contents>", i, t.Format(time.RFC3339))
	}
	fmt.Fprintf(a, "<ListBucketResult><IsTruncated>false</IsTruncated>%s</ListBucketResult>", b.String())
}

func member(pairs ...string) string {
	var b strings.Builder
	b.WriteString("<member>")
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(&b, "<%[1]s>%[2]s</%[1]s>", pairs[i], escaped(pairs[i+1]))
	}
	return b.String() + "</member>"
}

// query answers the services of the Query protocol.
func (w *World) query(a answer, action string, form url.Values) {
	var b strings.Builder
	switch action {
	case "GetCallerIdentity":
		b.WriteString("<Arn>arn:aws:iam::111122223333:user/ops</Arn><Account>111122223333</Account><UserId>AIDAEXAMPLE</UserId>")
	case "DescribeStacks":
		if w.Stack == "" || form.Get("StackName") != Name {
			a.fail(http.StatusBadRequest, "ValidationError", "Stack with id "+form.Get("StackName")+" does not exist")
			return
		}
		b.WriteString("<Stacks><member><StackName>chimewatch</StackName><StackStatus>" + w.Stack + "</StackStatus><Parameters>" +
			member("ParameterKey", "NamePrefix", "ParameterValue", "chimewatch") + "</Parameters><Outputs>")
		for output := range w.Topics {
			b.WriteString(member("OutputKey", output, "OutputValue", "arn:aws:sns:us-east-1:111122223333:chimewatch-"+output))
		}
		b.WriteString(member("OutputKey", "TableName", "OutputValue", "chimewatch-Table-1") + member("OutputKey", "BucketName", "OutputValue", "chimewatch-bucket-1") + "</Outputs></member></Stacks>")
	case "ListStackResources":
		// In two pages, as a stack of this size has them.
		if form.Get("NextToken") == "" {
			b.WriteString("<NextToken>more</NextToken><StackResourceSummaries>" + member("LogicalResourceId", "Table", "PhysicalResourceId", "chimewatch-Table-1") + "</StackResourceSummaries>")
			break
		}
		b.WriteString("<StackResourceSummaries>")
		for q := range w.Queues {
			b.WriteString(member("LogicalResourceId", q, "PhysicalResourceId", "https://sqs.us-east-1.amazonaws.com/111122223333/"+q))
		}
		b.WriteString("</StackResourceSummaries>")
	case "ListSubscriptionsByTopic":
		arn := form.Get("TopicArn")
		b.WriteString("<Subscriptions>")
		for _, s := range w.Topics[arn[strings.LastIndexByte(arn, '-')+1:]] {
			b.WriteString(member("Protocol", s[0], "SubscriptionArn", s[1], "Endpoint", "soc@example.com", "TopicArn", arn, "Owner", Account))
		}
		b.WriteString("</Subscriptions>")
	case "GetMetricStatistics":
		b.WriteString("<Datapoints>" + member("Timestamp", Now().Format(time.RFC3339), "Sum", "0", "Unit", "Count"))
		if form.Get("Namespace") == "chimewatch" && form.Get("Dimensions.member.1.Value") == "chimewatch-detector" {
			for _, t := range w.Metrics[form.Get("MetricName")] {
				b.WriteString(member("Timestamp", t.Format(time.RFC3339), "Sum", "4.0", "Unit", "Count"))
			}
		}
		b.WriteString("</Datapoints>")
	default:
		a.fail(http.StatusBadRequest, "InvalidAction", action)
		return
	}
	a.xml(action, b.String())
}
