package templatetest

import (
	"fmt"
	"slices"
	"strings"

	"chimewatch/pkg/adapters/dynamostore"
)

// checkData looks at what must outlive everything: it is encrypted, kept when
// the stack goes, and has no name of its own, which would make some changes
// replace it.
func checkData(s *stack) {
	holders := map[string]string{ // type: property that would name it
		"AWS::DynamoDB::Table": "TableName", "AWS::S3::Bucket": "BucketName", "AWS::KMS::Key": "",
		"AWS::SecretsManager::Secret": "Name", "AWS::SQS::Queue": "QueueName", "AWS::SNS::Topic": "TopicName",
	}
	for kind, name := range holders {
		for _, r := range s.all(kind) {
			working := kind == "AWS::SQS::Queue" && len(mapOf(r.Properties["RedrivePolicy"])) > 0
			s.want(r.Retained || working, r.ID, "it is lost when the stack is deleted or it is replaced: DeletionPolicy and UpdateReplacePolicy have to be Retain")
			s.want(name == "" || r.Properties[name] == nil, r.ID, "a name of its own makes changes replace it or fail: leave it to CloudFormation")
		}
	}
	for _, r := range s.all("AWS::KMS::Key") {
		s.want(r.Properties["EnableKeyRotation"] == true, r.ID, "the key is never rotated")
		s.want(number(r.Properties["PendingWindowInDays"]) == 30, r.ID, "a deleted key can be rescued for less than 30 days")
	}
	for _, r := range s.all("AWS::SNS::Topic") {
		s.want(ownKey(r.Properties["KmsMasterKeyId"]), r.ID, "the topic is not encrypted with a key of ours; alarms cannot publish with that of SNS")
	}
	for _, r := range s.all("AWS::DynamoDB::Table") {
		checkTable(s, r)
	}
	for _, r := range s.all("AWS::S3::Bucket") {
		checkBucket(s, r)
	}
	for _, r := range s.all("AWS::SecretsManager::Secret") {
		s.want(ownKey(r.Properties["KmsKeyId"]), r.ID, "the secret is not encrypted with a key of ours")
	}
	for _, r := range s.all("AWS::Logs::LogGroup") {
		s.want(ownKey(r.Properties["KmsKeyId"]), r.ID, "the log is not encrypted with a key of ours")
		s.want(number(r.Properties["RetentionInDays"]) > 0, r.ID, "the log is kept for ever")
	}
}

func ownKey(v any) bool {
	return strings.HasPrefix(fmt.Sprint(v), "arn:aws:kms:"+Region+":"+Account+":key/")
}

func checkTable(s *stack, r Resource) {
	wanted := dynamostore.Table("")
	var keys, want []string
	for _, k := range listOf(r.Properties["KeySchema"]) {
		keys = append(keys, fmt.Sprint(mapOf(k)["KeyType"], " ", mapOf(k)["AttributeName"]))
	}
	for _, k := range wanted.KeySchema {
		want = append(want, fmt.Sprint(k.KeyType, " ", *k.AttributeName))
	}
	s.want(slices.Equal(keys, want), r.ID, fmt.Sprintf("its keys are %q, the code writes %q", keys, want))
	s.want(len(listOf(r.Properties["GlobalSecondaryIndexes"])) == len(wanted.GlobalSecondaryIndexes), r.ID, "its indexes are not those of the code")
	ttl := mapOf(r.Properties["TimeToLiveSpecification"])
	s.want(ttl["AttributeName"] == dynamostore.ExpiryAttribute && ttl["Enabled"] == true, r.ID, "nothing expires: it is off or goes by another attribute than the code writes")
	s.want(mapOf(r.Properties["PointInTimeRecoverySpecification"])["PointInTimeRecoveryEnabled"] == true, r.ID, "no point-in-time recovery")
	s.want(r.Properties["DeletionProtectionEnabled"] == true, r.ID, "no protection from deletion")
	s.want(r.Properties["BillingMode"] == "PAY_PER_REQUEST", r.ID, "not on demand: a storm would be throttled")
	sse := mapOf(r.Properties["SSESpecification"])
	s.want(sse["SSEEnabled"] == true && sse["SSEType"] == "KMS" && ownKey(sse["KMSMasterKeyId"]), r.ID, "the table is not encrypted with a key of ours")
}

func checkBucket(s *stack, r Resource) {
	block := mapOf(r.Properties["PublicAccessBlockConfiguration"])
	for _, name := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
		s.want(block[name] == true, r.ID, "the bucket can become public: "+name)
	}
	rules := listOf(mapOf(r.Properties["BucketEncryption"])["ServerSideEncryptionConfiguration"])
	encrypted := slices.ContainsFunc(rules, func(rule any) bool {
		by := mapOf(mapOf(rule)["ServerSideEncryptionByDefault"])
		return by["SSEAlgorithm"] == "aws:kms" && ownKey(by["KMSMasterKeyID"])
	})
	s.want(encrypted, r.ID, "the bucket is not encrypted with a key of ours")
	s.want(mapOf(r.Properties["VersioningConfiguration"])["Status"] == "Enabled", r.ID, "an overwritten configuration is lost: no versions")
	ownership := listOf(mapOf(r.Properties["OwnershipControls"])["Rules"])
	s.want(len(ownership) == 1 && mapOf(ownership[0])["ObjectOwnership"] == "BucketOwnerEnforced", r.ID, "access lists are in force")
	events := mapOf(mapOf(r.Properties["NotificationConfiguration"])["EventBridgeConfiguration"])
	s.want(events["EventBridgeEnabled"] == true, r.ID, "changes of the configuration do not show: no events")
}

// checkSecrets wants no secret in clear where anybody can read it.
func checkSecrets(s *stack) {
	for _, f := range s.all("AWS::Serverless::Function") {
		secret := fmt.Sprint(mapOf(mapOf(f.Properties["Environment"])["Variables"])["CHIMEWATCH_HASH_SECRET"])
		s.want(strings.HasPrefix(secret, "{{resolve:secretsmanager:"), f.ID, "the secret of the hashes does not come from Secrets Manager")
		s.want(ownKey(f.Properties["KmsKeyArn"]), f.ID, "whoever can look at the function sees its secret: no key for its environment")
	}
}
