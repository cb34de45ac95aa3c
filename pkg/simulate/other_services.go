package simulate

import "strings"

// otherService is a record of another service, as texts with holes.
type otherService struct {
	text   string
	weight int // how often it occurs among the others
}

// otherServices are management events of a busy account. Names and members
// follow https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
// and the services' pages on CloudTrail.
func otherServices() []otherService {
	return []otherService{
		other(14, workloadID, "sts", "AssumeRole", botocoreAgent,
			`{"roleArn":"arn:aws:iam::{A}:role/service/checkout-api","roleSessionName":"botocore-session-{N}","durationSeconds":3600}`,
			`{"credentials":{"accessKeyId":"ASIA{K}","sessionToken":"HIDDEN_DUE_TO_SECURITY_REASONS","expiration":"{T}"},"assumedRoleUser":{"assumedRoleId":"AROA{K}:botocore-session-{N}","arn":"arn:aws:sts::{A}:assumed-role/checkout-api/botocore-session-{N}"}}`,
			`,"resources":[{"accountId":"{A}","type":"AWS::IAM::Role","ARN":"arn:aws:iam::{A}:role/service/checkout-api"}]`, ""),
		other(16, workloadID, "kms", "Decrypt", "secretsmanager.amazonaws.com",
			`{"encryptionContext":{"SecretARN":"arn:aws:secretsmanager:us-east-1:{A}:secret:prod/checkout/db-Ab{N}","SecretVersionId":"{U}"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}`, `null`,
			`,"resources":[{"accountId":"{A}","type":"AWS::KMS::Key","ARN":"arn:aws:kms:us-east-1:{A}:key/{U}"}]`, ""),
		other(8, workloadID, "kms", "GenerateDataKey", "s3.amazonaws.com",
			`{"keyId":"arn:aws:kms:us-east-1:{A}:key/{U}","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::logs-{A}/2026/{X}"},"keySpec":"AES_256"}`, `null`,
			`,"resources":[{"accountId":"{A}","type":"AWS::KMS::Key","ARN":"arn:aws:kms:us-east-1:{A}:key/{U}"}]`, ""),
		other(12, workloadID, "ec2", "DescribeInstances", javaAgent,
			`{"maxResults":1000,"instancesSet":{"items":[{"instanceId":"i-{X}"},{"instanceId":"i-{X}"}]},"filterSet":{"items":[{"name":"instance-state-name","valueSet":{"items":[{"value":"running"},{"value":"pending"}]}}]}}`, `null`, "", ""),
		other(4, workloadID, "ec2", "RunInstances", goAgent,
			`{"instancesSet":{"items":[{"imageId":"ami-{X}","minCount":1,"maxCount":1}]},"instanceType":"m7g.large","blockDeviceMapping":{},"monitoring":{"enabled":true},"subnetId":"subnet-{X}","clientToken":"{U}"}`,
			`{"requestId":"{U}","reservationId":"r-{X}","ownerId":"{A}","groupSet":{},"instancesSet":{"items":[{"instanceId":"i-{X}","imageId":"ami-{X}","instanceState":{"code":0,"name":"pending"},"privateDnsName":"ip-10-0-12-34.ec2.internal","keyName":"ops","amiLaunchIndex":0,"instanceType":"m7g.large","placement":{"availabilityZone":"us-east-1b","tenancy":"default"},"subnetId":"subnet-{X}","vpcId":"vpc-{X}","architecture":"arm64"}]}}`, "", ""),
		other(3, personID, "ec2", "DescribeVpcEndpoints", cliUserAgent, `{"filterSet":{}}`, `null`, "",
			`"errorCode":"Client.UnauthorizedOperation","errorMessage":"You are not authorized to perform this operation. User: arn:aws:sts::{A}:assumed-role/AWSReservedSSO_Developer_1f2e3d4c5b6a7988/dev{N}@example.com is not authorized to perform: ec2:DescribeVpcEndpoints because no identity-based policy allows the ec2:DescribeVpcEndpoints action",`),
		other(10, workloadID, "s3", "GetBucketAcl", goAgent, `{"bucketName":"logs-{A}","Host":"logs-{A}.s3.us-east-1.amazonaws.com","acl":""}`, `null`,
			`,"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"{X}{X}{X}{X}","bytesTransferredOut":{N}},"resources":[{"accountId":"{A}","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::logs-{A}"}]`, ""),
		other(1, personID, "s3", "GetBucketPolicy", cliUserAgent, `{"bucketName":"finance-{A}","Host":"finance-{A}.s3.us-east-1.amazonaws.com","policy":""}`, `null`,
			`,"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"{X}{X}{X}","bytesTransferredOut":243}`,
			`"errorCode":"AccessDenied","errorMessage":"User: arn:aws:sts::{A}:assumed-role/AWSReservedSSO_Developer_1f2e3d4c5b6a7988/dev{N}@example.com is not authorized to perform: s3:GetBucketPolicy on resource: \"arn:aws:s3:::finance-{A}\" because no identity-based policy allows the s3:GetBucketPolicy action",`),
		other(9, workloadID, "lambda", "GetFunction20150331v2", javaAgent, `{"functionName":"arn:aws:lambda:us-east-1:{A}:function:checkout-worker-{N}"}`, `null`, "", ""),
		other(3, personID, "lambda", "UpdateFunctionConfiguration20150331v2", goAgent, `{"functionName":"checkout-worker-{N}","memorySize":512,"timeout":30,"environment":{}}`,
			`{"functionName":"checkout-worker-{N}","functionArn":"arn:aws:lambda:us-east-1:{A}:function:checkout-worker-{N}","runtime":"provided.al2023","role":"arn:aws:iam::{A}:role/service/checkout-worker","handler":"bootstrap","codeSize":4312{N},"timeout":30,"memorySize":512,"lastModified":"{T}","version":"$LATEST","tracingConfig":{"mode":"Active"},"revisionId":"{U}","state":"Active","lastUpdateStatus":"InProgress"}`, "", ""),
		other(8, workloadID, "logs", "CreateLogStream", "awslambda-worker/1.0", `{"logGroupName":"/aws/lambda/checkout-worker-{N}","logStreamName":"2026/03/02/[$LATEST]{X}{X}"}`, `null`, `,"apiVersion":"20140328"`, ""),
		other(7, workloadID, "dynamodb", "DescribeTable", javaAgent, `{"tableName":"orders-{N}"}`, `null`,
			`,"resources":[{"accountId":"{A}","type":"AWS::DynamoDB::Table","ARN":"arn:aws:dynamodb:us-east-1:{A}:table/orders-{N}"}],"apiVersion":"2012-08-10"`, ""),
		other(6, workloadID, "ssm", "GetParametersByPath", botocoreAgent, `{"path":"/prod/checkout/","recursive":true,"withDecryption":true,"maxResults":10,"nextToken":"HIDDEN_DUE_TO_SECURITY_REASONS"}`, `null`,
			`,"resources":[{"accountId":"{A}","ARN":"arn:aws:ssm:us-east-1:{A}:parameter/prod/checkout/"}]`, ""),
		other(6, workloadID, "secretsmanager", "GetSecretValue", botocoreAgent, `{"secretId":"arn:aws:secretsmanager:us-east-1:{A}:secret:prod/checkout/db-Ab{N}"}`, `null`, "", ""),
		other(6, workloadID, "elasticloadbalancing", "DescribeTargetHealth", goAgent, `{"targetGroupArn":"arn:aws:elasticloadbalancing:us-east-1:{A}:targetgroup/checkout-{N}/{X}"}`, `null`, `,"apiVersion":"2015-12-01"`, ""),
		other(5, workloadID, "monitoring", "DescribeAlarms", goAgent, `{"alarmNamePrefix":"TargetTracking-service/prod/checkout-{N}","maxRecords":100}`, `null`, `,"apiVersion":"2010-08-01"`, ""),
		other(4, personID, "iam", "GetRolePolicy", cliUserAgent, `{"roleName":"checkout-api-{N}","policyName":"inline"}`, `null`, "", ""),
		other(3, personID, "cloudformation", "DescribeStackEvents", cliUserAgent, `{"stackName":"arn:aws:cloudformation:us-east-1:{A}:stack/checkout-{N}/{U}"}`, `null`, `,"apiVersion":"2010-05-15"`, ""),
		// Two that speak of chat without being a call to it.
		other(1, personID, "iam", "PutRolePolicy", goAgent,
			`{"roleName":"chat-backend-{N}","policyName":"chat","policyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"chime:SendChannelMessage\",\"chime:ListChannels\"],\"Resource\":\"arn:aws:chime:us-east-1:{A}:app-instance/{U}/*\"}]}"}`, `null`, "", ""),
		other(1, personID, "iam", "CreateServiceLinkedRole", cliUserAgent, `{"aWSServiceName":"messaging.chime.amazonaws.com"}`, `null`, "",
			`"errorCode":"AccessDenied","errorMessage":"User: arn:aws:sts::{A}:assumed-role/AWSReservedSSO_Developer_1f2e3d4c5b6a7988/dev{N}@example.com is not authorized to perform: iam:CreateServiceLinkedRole on resource: arn:aws:iam::{A}:role/aws-service-role/messaging.chime.amazonaws.com/AWSServiceRoleForChimeSDKMessaging because no identity-based policy allows the iam:CreateServiceLinkedRole action",`),
	}
}

// Identities and clients of other services' records.
const (
	workloadID = `{"type":"AssumedRole","principalId":"AROA{K}:{X}","arn":"arn:aws:sts::{A}:assumed-role/checkout-api/{X}","accountId":"{A}","accessKeyId":"ASIA{K}","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA{K}","arn":"arn:aws:iam::{A}:role/service/checkout-api","accountId":"{A}","userName":"checkout-api"},"attributes":{"creationDate":"{T}","mfaAuthenticated":"false"}}}`
	personID   = `{"type":"AssumedRole","principalId":"AROA{K}:dev{N}@example.com","arn":"arn:aws:sts::{A}:assumed-role/AWSReservedSSO_Developer_1f2e3d4c5b6a7988/dev{N}@example.com","accountId":"{A}","accessKeyId":"ASIA{K}","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA{K}","arn":"arn:aws:iam::{A}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Developer_1f2e3d4c5b6a7988","accountId":"{A}","userName":"AWSReservedSSO_Developer_1f2e3d4c5b6a7988"},"attributes":{"creationDate":"{T}","mfaAuthenticated":"true"}}}`

	botocoreAgent = "Boto3/1.38.21 md/Botocore#1.38.21 ua/2.1 os/linux#5.10.236 md/arch#aarch64 lang/python#3.12.10 md/pyimpl#CPython exec-env/AWS_ECS_FARGATE m/n,b,Z cfg/retry-mode#standard Botocore/1.38.21"
	javaAgent     = "aws-sdk-java/2.34.3 md/io#async md/http#NettyNio md/internal ua/2.1 api/Lambda#2.34.x os/Linux#5.10.236-228.935.amzn2.aarch64 lang/java#21.0.7 md/OpenJDK_64-Bit_Server_VM exec-env/AWS_ECS_FARGATE m/D,e"
	goAgent       = "APN/1.0 HashiCorp/1.0 Terraform/1.9.8 (+https://www.terraform.io) terraform-provider-aws/5.82.2 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.32.7 ua/2.1 os/linux lang/go#1.23.3 md/GOOS#linux md/GOARCH#amd64 api/s3#1.71.1 m/E,Z"
	cliUserAgent  = "aws-cli/2.27.12 md/awscrt#0.26.1 ua/2.1 os/macos#24.6.0 md/arch#arm64 lang/python#3.13.3 md/pyimpl#CPython m/AC,b,E,Z cfg/retry-mode#standard md/installer#exe md/prompt#off md/command#iam.get-role-policy"
)

// other makes the record of a call of a service. failure is "errorCode" and
// "errorMessage" with a comma behind, or nothing; more begins with a comma.
func other(weight int, identity, service, name, agent, request, response, more, failure string) otherService {
	read := "false"
	for _, prefix := range []string{"Get", "Describe", "List", "Decrypt"} {
		if strings.HasPrefix(name, prefix) {
			read = "true"
		}
	}
	return otherService{weight: weight, text: `{"eventVersion":"1.11","userIdentity":` + identity + `,"eventTime":"{T}","eventSource":"` + service +
		`.amazonaws.com","eventName":"` + name + `","awsRegion":"us-east-1","sourceIPAddress":"{I}","userAgent":"` + agent + `",` + failure +
		`"requestParameters":` + request + `,"responseElements":` + response + `,"requestID":"{U}","eventID":"{U}","readOnly":` + read +
		more + `,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"{A}","eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"` +
		service + `.us-east-1.amazonaws.com"}}`}
}
