package templatetest

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/mutations.md")

const tableFile = "../../docs/mutations.md"

// mutations are single faults that somebody could make.
func mutations() []Mutation {
	const t, f = "template.yaml", "infra/forwarder.yaml"
	return []Mutation{
		{Fault: "denials rule in state ENABLED", File: t, After: "  DenialsRule:", Old: "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", New: "ENABLED"},
		{Fault: "denials rule disabled", File: t, After: "  DenialsRule:", Old: "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", New: "DISABLED"},
		{Fault: "denials rule without a source", File: t, After: "  DenialsRule:", Old: "source: [{ prefix: aws. }]", New: "region: [us-east-1]"},
		{Fault: "denials rule takes any source that begins with aws", File: t, After: "  DenialsRule:", Old: "prefix: aws. ", New: "prefix: aws "},
		{Fault: "denials rule takes one source only", File: t, After: "  DenialsRule:", Old: "source: [{ prefix: aws. }]", New: "source: [aws.chime]"},
		{Fault: "misspelt operator", File: t, After: "  DenialsRule:", Old: "{ prefix: aws. }", New: "{ prefixes: aws. }"},
		{Fault: "operator's value is a text", File: t, After: "  DenialsRule:", Old: "{ exists: true }", New: "{ exists: 'true' }"},
		{Fault: "pattern's value is no list", File: t, After: "  DenialsRule:", Old: "errorCode: [{ exists: true }]", New: "errorCode: { exists: true }"},
		{Fault: "denials rule takes one error code", File: t, After: "  DenialsRule:", Old: "[{ exists: true }]", New: "[AccessDenied]"},
		{Fault: "denials rule without network events", File: t, After: "  DenialsRule:", Old: ", AWS Network Activity Event via CloudTrail]", New: "]"},
		{Fault: "misspelt detail-type", File: t, After: "  DenialsRule:", Old: "AWS API Call via CloudTrail", New: "AWS API call via CloudTrail"},
		{Fault: "an event source of the code is missing", File: t, After: "  EventSources:", Old: "chime-sdk-messaging.amazonaws.com,", New: ""},
		{Fault: "a critical operation is missing", File: t, After: "  CriticalSuccessesRule:", Old: "            - UpdateChannelFlow\n", New: ""},
		{Fault: "successes without those whose error code is missing", File: t, After: "  CriticalSuccessesRule:", Old: "[{ exists: false }, '']", New: "['']"},
		{Fault: "guard rule over 2,048 bytes", File: t, After: "  GuardDataRule:", Old: "            - UpdateTimeToLive\n", New: "            - UpdateTimeToLive\n" + strings.Repeat("            - PutKeyPolicyAndSomethingElse\n", 60)},
		{Fault: "no dead-letter queue for a rule", File: t, After: "  DenialsRule:", Old: "          DeadLetterConfig: { Arn: !GetAtt RuleDeadLetters.Arn }\n", New: ""},
		{Fault: "EventBridge tries three times only", File: t, After: "  DenialsRule:", Old: "MaximumRetryAttempts: 185", New: "MaximumRetryAttempts: 3"},
		{Fault: "a role for a queue target", File: t, After: "  DenialsRule:", Old: "Arn: !GetAtt DetectorQueue.Arn\n", New: "Arn: !GetAtt DetectorQueue.Arn\n          RoleArn: !GetAtt SchedulerRole.Arn\n"},
		{Fault: "users of the organization may put events", File: t, After: "  OrganizationBusPolicy:", Old: "          Bool: { events:eventBusInvocation: 'true' }\n", New: ""},
		{Fault: "the whole world may forward events", File: t, After: "  OrganizationBusPolicy:", Old: "          StringEquals: { aws:PrincipalOrgID: !Ref OrganizationId }\n", New: ""},

		{Fault: "cron with five fields", File: t, After: "  ReconcileSchedule:", Old: "cron(20 * * * ? *)", New: "cron(20 * * * ?)"},
		{Fault: "cron with two days", File: t, After: "  SummarySchedule:", Old: "cron(0 7 ? * MON *)", New: "cron(0 7 * * MON *)"},
		{Fault: "rate in the wrong number", File: t, After: "  SweepSchedule:", Old: "rate(1 minute)", New: "rate(1 minutes)"},
		{Fault: "unknown time zone", File: t, After: "  SummaryTimeZone:", Old: "Default: UTC", New: "Default: Europe/Berlim"},
		{Fault: "mode OFF read as false", File: t, After: "  ReconcileSchedule:", Old: "Mode: 'OFF'", New: "Mode: OFF"},
		{Fault: "schedule switched off", File: t, After: "  SweepSchedule:", Old: "      ScheduleExpression:", New: "      State: DISABLED\n      ScheduleExpression:"},
		{Fault: "input of a schedule is no JSON", File: t, After: "  SweepSchedule:", Old: `'{"sweep": true}'`, New: `'{sweep: true}'`},
		{Fault: "a summary that cannot be started is lost", File: t, After: "  SummaryWeekly:", Old: "        DeadLetterConfig: { Arn: !GetAtt ScheduleDeadLetters.Arn }\n", New: ""},

		{Fault: "visibility shorter than six time-outs", File: t, After: "  DetectorQueue:", Old: "VisibilityTimeout: 180", New: "VisibilityTimeout: 60"},
		{Fault: "time-out raised without the visibility", File: t, After: "  BackfillFunction:", Old: "Timeout: 300", New: "Timeout: 600"},
		{Fault: "no redrive", File: t, After: "  DetectorQueue:", Old: "      RedrivePolicy: { deadLetterTargetArn: !GetAtt DetectorDeadLetters.Arn, maxReceiveCount: 10 }\n", New: ""},
		{Fault: "a message is given up after one receive", File: t, After: "  DetectorQueue:", Old: "maxReceiveCount: 10", New: "maxReceiveCount: 1"},
		{Fault: "dead letters kept for a day", File: t, After: "  DetectorDeadLetters:", Old: "1209600", New: "86400"},
		{Fault: "no partial batch failures", File: t, After: "  DetectorSource:", Old: "      FunctionResponseTypes: [ReportBatchItemFailures]\n", New: ""},
		{Fault: "no maximum concurrency", File: t, After: "  DetectorSource:", Old: "      ScalingConfig: { MaximumConcurrency: !Ref DetectorConcurrency }\n", New: ""},
		{Fault: "large batches without a window", File: t, After: "  DetectorSource:", Old: "      MaximumBatchingWindowInSeconds: 20\n", New: ""},
		{Fault: "event source disabled", File: t, After: "  DetectorSource:", Old: "      BatchSize:", New: "      Enabled: false\n      BatchSize:"},

		{Fault: "unencrypted queue", File: t, After: "  DetectorQueue:", Old: "      KmsMasterKeyId: !GetAtt MessageKey.Arn\n", New: ""},
		{Fault: "unencrypted topic", File: t, After: "  AlertTopic:", Old: "      KmsMasterKeyId: !GetAtt MessageKey.Arn\n", New: ""},
		{Fault: "topic with the key of SNS, which alarms cannot use", File: t, After: "  AlertTopic:", Old: "KmsMasterKeyId: !GetAtt MessageKey.Arn", New: "KmsMasterKeyId: alias/aws/sns"},
		{Fault: "table with the key of DynamoDB", File: t, After: "  Table:", Old: ", KMSMasterKeyId: !GetAtt DataKey.Arn", New: ""},
		{Fault: "unencrypted log", File: t, After: "  DetectorLog:", Old: ", KmsKeyId: !GetAtt DataKey.Arn", New: ""},
		{Fault: "the secret in clear in the function's environment", File: t, After: "  Function:", Old: "    KmsKeyArn: !GetAtt DataKey.Arn\n", New: ""},
		{Fault: "the secret written into the template", File: t, After: "  Function:", Old: "!Sub '{{resolve:secretsmanager:${HashSecret}:SecretString}}'", New: "correct-horse-battery-staple"},
		{Fault: "bucket may become public", File: t, After: "  Bucket:", Old: "BlockPublicPolicy: true", New: "BlockPublicPolicy: false"},
		{Fault: "bucket without versions", File: t, After: "  Bucket:", Old: "Status: Enabled", New: "Status: Suspended"},
		{Fault: "bucket without TLS", File: t, After: "  BucketPolicy:", Old: "aws:SecureTransport: 'false'", New: "aws:SecureTransport: 'true'"},
		{Fault: "table goes with the stack", File: t, After: "  Table:", Old: "    DeletionPolicy: Retain\n", New: ""},
		{Fault: "key goes when it is replaced", File: t, After: "  DataKey:", Old: "    UpdateReplacePolicy: Retain\n", New: ""},
		{Fault: "table named, so that it can be replaced only by hand", File: t, After: "  Table:", Old: "      BillingMode:", New: "      TableName: !Ref NamePrefix\n      BillingMode:"},
		{Fault: "no point-in-time recovery", File: t, After: "  Table:", Old: "PointInTimeRecoveryEnabled: true", New: "PointInTimeRecoveryEnabled: false"},
		{Fault: "a key that the code does not write", File: t, After: "      KeySchema:", Old: "AttributeName: sk", New: "AttributeName: SK"},
		{Fault: "expiry by another attribute than the code writes", File: t, After: "  Table:", Old: "AttributeName: x,", New: "AttributeName: ttl,"},

		{Fault: "a queue that every rule of every account may send to", File: t, After: "  DetectorQueuePolicy:", Old: "            Condition:\n              ArnEquals:\n                aws:SourceArn:\n                  - !Sub 'arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/${NamePrefix}-denials'\n                  - !Sub 'arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/${NamePrefix}-critical-successes'\n", New: ""},
		{Fault: "a queue that everybody in the account may send to", File: t, After: "  DetectorQueuePolicy:", Old: "          - Sid: NobodyElse\n            Effect: Deny", New: "          - Sid: NobodyElse\n            Effect: Allow"},
		{Fault: "functions may send drills", File: t, After: "  DrillQueuePolicy:", Old: "aws:PrincipalArn: !GetAtt DrillRole.Arn", New: "aws:PrincipalArn: [!GetAtt DrillRole.Arn, !GetAtt DetectorRole.Arn]"},
		{Fault: "a refusal that spares who has no ARN", File: t, After: "  AlertTopicPolicy:", Old: "ArnNotEquals:", New: "ArnNotEqualsIfExists:"},
		{Fault: "a queue without TLS", File: t, After: "  BackfillQueuePolicy:", Old: "{ Bool: { aws:SecureTransport: 'false' } }", New: "{ Bool: { aws:SecureTransport: 'true' } }"},
		{Fault: "the key lacks the grant for rules", File: t, After: "  MessageKey:", Old: "Principal: { Service: events.amazonaws.com }", New: "Principal: { Service: ec2.amazonaws.com }"},
		{Fault: "the key lacks the grant for alarms", File: t, After: "  MessageKey:", Old: "Principal: { Service: cloudwatch.amazonaws.com }", New: "Principal: { Service: ec2.amazonaws.com }"},
		{Fault: "the key's grant for alarms lacks Decrypt", File: t, After: "AlarmsPublishToTopics", Old: "[kms:Decrypt, kms:GenerateDataKey]", New: "[kms:GenerateDataKey]"},
		{Fault: "the key serves every rule of every account", File: t, After: "RulesSendToQueues", Old: "              ArnLike: { aws:SourceArn: !Sub 'arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/${NamePrefix}-*' }\n", New: ""},
		{Fault: "the key serves any source", File: t, After: "RulesSendToQueues", Old: "aws:SourceArn: !Sub 'arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/${NamePrefix}-*'", New: "aws:SourceArn: '*'"},
		{Fault: "the detector cannot use the key of its queue", File: t, After: "FunctionsSchedulesAndOperators", Old: "                - !GetAtt DetectorRole.Arn\n", New: ""},
		{Fault: "the backfill cannot use the key of the table", File: t, After: "FunctionsAndOperators", Old: "                - !GetAtt BackfillRole.Arn\n", New: ""},
		{Fault: "the logs cannot use their key", File: t, After: "          - Sid: Logs", Old: "[kms:Decrypt, kms:DescribeKey,", New: "[kms:DescribeKey,"},
		{Fault: "a key policy with kms:*", File: t, After: "  DataKey:", Old: "              - kms:CancelKeyDeletion\n", New: "              - kms:*\n"},

		{Fault: "all actions on the table", File: t, After: "  DetectorPolicy:", Old: "              - dynamodb:BatchGetItem\n", New: "              - dynamodb:*\n"},
		{Fault: "all tables", File: t, After: "  DetectorPolicy:", Old: "Resource: !GetAtt Table.Arn", New: "Resource: '*'"},
		{Fault: "all topics of the account", File: t, After: "  DetectorPolicy:", Old: "Resource: [!Ref AlertTopic, !Ref FindingTopic, !Ref ChatTopic]", New: "Resource: !Sub 'arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:*'"},
		{Fault: "an action that is not needed", File: t, After: "  SummaryPolicy:", Old: "[s3:GetObject, s3:PutObject]", New: "[s3:DeleteObject, s3:GetObject, s3:PutObject]"},
		{Fault: "an action that is needed is missing", File: t, After: "  DetectorPolicy:", Old: "              - dynamodb:DeleteItem\n", New: ""},
		{Fault: "the book of summaries looks forbidden before there is one", File: t, After: "  SummaryPolicy:", Old: "[config/*, reports/*]", New: "config/*"},
		{Fault: "the watch cannot note what it did", File: t, After: "  ReconcilePolicy:", Old: "              - dynamodb:UpdateItem\n", New: ""},
		{Fault: "two functions with one role", File: t, After: "  SummaryFunction:", Old: "Role: !GetAtt SummaryRole.Arn", New: "Role: !GetAtt DetectorRole.Arn"},
		{Fault: "a role that a schedule of another account may take", File: t, After: "  SchedulerRole:", Old: "              StringEquals: { aws:SourceAccount: !Ref AWS::AccountId }\n", New: "              Bool: { aws:ViaAWSService: 'false' }\n"},
		{Fault: "the permissions boundary forgotten", File: t, After: "  ReconcileRole:", Old: "      PermissionsBoundary: !If [HasBoundary, !Ref PermissionsBoundary, !Ref AWS::NoValue]\n", New: ""},
		{Fault: "built for another processor", File: t, After: "Globals:", Old: "Architectures: [arm64]", New: "Architectures: [x86_64]"},

		{Fault: "an alarm that tells nobody", File: t, After: "  DetectorDeadLettersAlarm:", Old: "AlarmActions: [!Ref AlertTopic]", New: "AlarmActions: []"},
		{Fault: "a heartbeat that is calm when nothing runs", File: t, After: "  HeartbeatAlarm:", Old: "TreatMissingData: breaching", New: "TreatMissingData: notBreaching"},
		{Fault: "dead letters that nobody watches", File: t, After: "  RuleDeadLettersAlarm:", Old: "!GetAtt RuleDeadLetters.QueueName", New: "!GetAtt DetectorDeadLetters.QueueName"},
		{Fault: "a drill that nobody misses", File: t, After: "  DrillAlarm:", Old: "MetricName: DrillAlerts", New: "MetricName: DrillRecords"},
		{Fault: "an operator who may take any role", File: t, After: "          - Sid: Drill\n", Old: "Resource: !GetAtt DrillRole.Arn", New: "Resource: '*'"},
		{Fault: "a store that may not write in batches", File: t, After: "  BackfillPolicy:", Old: "              - dynamodb:BatchWriteItem\n", New: ""},
		{Fault: "a guard rule that nobody hears", File: t, After: "  GuardTrailAlarm:", Old: "!Ref GuardTrailRule", New: "!Ref GuardDataRule"},

		{Fault: "forwarder in state ENABLED", File: f, After: "  ForwardDenials:", Old: "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", New: "ENABLED"},
		{Fault: "forwarder forwards what was forwarded to it", File: f, After: "  ForwardDenials:", Old: "        account: [!Ref AWS::AccountId]\n", New: ""},
		{Fault: "forwarder without a role", File: f, After: "  ForwardDenials:", Old: "          RoleArn: !GetAtt ForwardRole.Arn\n", New: ""},
		{Fault: "forwarder may put events anywhere", File: f, After: "  ForwardRole:", Old: "Resource: !Ref TargetBusArn", New: "Resource: '*'"},
		{Fault: "forwarder loses what it cannot deliver", File: f, After: "  ForwardCriticalSuccesses:", Old: "          DeadLetterConfig: { Arn: !GetAtt ForwardDeadLetters.Arn }\n", New: ""},
	}
}

// Each fault is noticed, and what is said of it is what the table says.
func TestMutations(t *testing.T) {
	var table strings.Builder
	table.WriteString(`# Faults that the template tests catch

Each row puts one fault into a template and says what the tests in ` + "`infra/templatetest`" + ` make of it. The tests write this page:
` + "`go test ./infra/templatetest -update`" + `.

| # | file | fault | where | what the test says |
|---|---|---|---|---|
`)
	sources := map[string]string{"template.yaml": read(t, templateFile), "infra/forwarder.yaml": read(t, forwarderFile)}
	for i, m := range mutations() {
		t.Run(m.Fault, func(t *testing.T) {
			broken, err := m.Apply(sources[m.File])
			if err != nil {
				t.Fatal(err)
			}
			faults, err := Check([]byte(broken))
			switch {
			case err != nil:
				faults = []Fault{{"the template", err.Error()}}
			case len(faults) == 0:
				t.Fatal("nobody notices")
			}
			fmt.Fprintf(&table, "| %d | %s | %s | %s | %s |\n", i+1, m.File, m.Fault, faults[0].Where, cell(faults[0].What))
		})
	}
	if *update {
		if err := os.WriteFile(tableFile, []byte(table.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !t.Failed() && read(t, tableFile) != table.String() {
		t.Errorf("%s is out of date: go test ./infra/templatetest -update", tableFile)
	}
}

func cell(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\n", " "), "|", `\|`)
}
