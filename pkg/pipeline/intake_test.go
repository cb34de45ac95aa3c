package pipeline_test

import (
	"strings"
	"testing"

	"chimewatch/pkg/cloudtrail"
	"chimewatch/pkg/config"
	"chimewatch/pkg/denial"
	"chimewatch/pkg/pipeline"
)

// deniedCalls are records as CloudTrail writes them: a refusal by IAM and one by
// the Chime back end.
var deniedCalls = [...]string{
	`{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLEEXAMPLE123:i-0abc","arn":"arn:aws:sts::111122223333:assumed-role/backend/i-0abc","accountId":"111122223333","accessKeyId":"ASIAEXAMPLEEXAMPLE12","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLEEXAMPLE123","arn":"arn:aws:iam::111122223333:role/chat/backend","accountId":"111122223333","userName":"backend"},"attributes":{"creationDate":"2026-06-23T08:00:00Z","mfaAuthenticated":"false"}}},"eventTime":"2026-06-23T09:00:00Z","eventSource":"chime.amazonaws.com","eventName":"ListChannelMessages","awsRegion":"us-east-1","sourceIPAddress":"203.0.113.7","userAgent":"aws-sdk-js/3.632.0 ua/2.0 os/linux#6.1 lang/js md/nodejs#20.18.0 api/chime-sdk-messaging#3.632.0","errorCode":"AccessDeniedException","errorMessage":"User: arn:aws:sts::111122223333:assumed-role/backend/i-0abc is not authorized to perform: chime:ListChannelMessages on resource: arn:aws:chime:us-east-1:111122223333:app-instance/6b0d8c1e-3d0f-4f0a-9d59-1f6f6f3a2b10/channel/4d661cf2 because no identity-based policy allows the chime:ListChannelMessages action","requestParameters":{"channelArn":"arn:aws:chime:us-east-1:111122223333:app-instance/6b0d8c1e-3d0f-4f0a-9d59-1f6f6f3a2b10/channel/4d661cf2","chimeBearer":"arn:aws:chime:us-east-1:111122223333:app-instance/6b0d8c1e-3d0f-4f0a-9d59-1f6f6f3a2b10/user/ines"},"responseElements":null,"requestID":"3e033715-8752-41b2-be7b-a1bd9c9667f7","eventID":"4d661cf2-e4cb-42f7-95f7-3154753bc4ed","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"messaging-chime.us-east-1.amazonaws.com"}}`,
	`{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLEEXAMPLE123","arn":"arn:aws:iam::111122223333:user/ines","accountId":"111122223333","accessKeyId":"AKIAEXAMPLEEXAMPLE12","userName":"ines"},"eventTime":"2026-06-23T09:00:00Z","eventSource":"chime.amazonaws.com","eventName":"DeleteChannel","awsRegion":"us-east-1","sourceIPAddress":"203.0.113.7","userAgent":"aws-cli/2.27.12","errorCode":"ForbiddenException","errorMessage":"Forbidden","requestParameters":{"channelArn":"arn:aws:chime:us-east-1:111122223333:app-instance/6b0d8c1e-3d0f-4f0a-9d59-1f6f6f3a2b10/channel/4d661cf2","chimeBearer":"arn:aws:chime:us-east-1:111122223333:app-instance/6b0d8c1e-3d0f-4f0a-9d59-1f6f6f3a2b10/user/ines"},"responseElements":null,"requestID":"3e033715-8752-41b2-be7b-a1bd9c9667f7","eventID":"5d661cf2-e4cb-42f7-95f7-3154753bc4ed","readOnly":false,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}`,
}

// mostAllocations is how many allocations a denial may cost from its bytes to
// its classification.
const mostAllocations = 10

func TestIntakeAllocations(t *testing.T) {
	in, err := pipeline.NewIntake(config.Default())
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range deniedCalls {
		n := testing.AllocsPerRun(100, func() {
			if c := classified(t, in, []byte(raw)); c.Outcome != denial.Refused {
				t.Fatalf("outcome %v of %s", c.Outcome, raw)
			}
		})
		if n > mostAllocations {
			t.Errorf("%v allocations for %.60s..., %d at most", n, raw[strings.Index(raw, `"eventName"`):], mostAllocations)
		}
	}
}

// BenchmarkIntake takes a denial from its bytes to its classification.
func BenchmarkIntake(b *testing.B) {
	in, err := pipeline.NewIntake(config.Default())
	if err != nil {
		b.Fatal(err)
	}
	raw := []byte(deniedCalls[0])
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		classified(b, in, raw)
	}
}

func classified(t testing.TB, in pipeline.Intake, raw []byte) denial.Call {
	record, err := cloudtrail.Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	call, ok, bad := in.Call(&pipeline.Item{Record: record})
	if !ok || bad != nil {
		t.Fatal("not in scope", bad)
	}
	return call
}
