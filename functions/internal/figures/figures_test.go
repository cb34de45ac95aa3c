// Package figures measures the programs that are deployed, as processes on the
// machine at hand behind the Lambda Runtime API. docs/figures.md has what came
// out.
package figures

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"chimewatch/functions/internal/runtimetest"
	"chimewatch/pkg/chime"
)

// functions are those that are deployed, each with its lightest invocation.
func functions() map[string]string {
	return map[string]string{
		"detector":  "",
		"backfill":  `{"Records":[{"messageId":"m","eventSource":"aws:sqs","body":"{\"Service\":\"Amazon S3\",\"Event\":\"s3:TestEvent\"}"}]}`,
		"reconcile": `{"time":"soon"}`, // refused: a run takes as long as the pace of LookupEvents
		"summary":   `{"time":"soon"}`,
	}
}

// BenchmarkStart measures from the start of a process to its first question for
// work, and to its first answer; beside it the processor time until then, which
// a busy machine does not change. Medians:
//
//	go test -run NONE -bench Start -benchtime 20x ./functions/internal/figures
func BenchmarkStart(b *testing.B) {
	for name, payload := range functions() {
		b.Run(name, func(b *testing.B) {
			binary := runtimetest.Build(b, filepath.Join("../..", name))
			c := newCloud(b)
			var next, answer, cpu []time.Duration
			for i := range b.N {
				f, err := runtimetest.Try(b, binary, c.env)
				if err != nil {
					b.Skipf("it does not start: %v", err)
				}
				body := []byte(payload)
				if payload == "" {
					body = batch(b, i, 1, 1)
				}
				cpu = append(cpu, f.CPU())
				begin := time.Now()
				if _, err := f.Invoke(body); err != nil {
					b.Fatal(err)
				}
				next, answer = append(next, f.Started), append(answer, f.Started+time.Since(begin))
				f.Kill()
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(milliseconds(median(cpu)), "cpu-ms-to-next")
			b.ReportMetric(milliseconds(median(next)), "ms-to-next")
			b.ReportMetric(milliseconds(median(answer)), "ms-to-answer")
		})
	}
}

// BenchmarkWarm measures what a warm detector takes for denied calls that it did
// not see before, and what of that is its own, beside the requests to AWS.
//
//	go test -run NONE -bench Warm -benchtime 50x ./functions/internal/figures
func BenchmarkWarm(b *testing.B) {
	binary := runtimetest.Build(b, "../../detector")
	for _, tt := range []struct{ calls, principals int }{{1, 1}, {1000, 1}, {1000, 100}} {
		b.Run(fmt.Sprintf("calls=%d/principals=%d", tt.calls, tt.principals), func(b *testing.B) {
			c := newCloud(b)
			f := runtimetest.Start(b, binary, c.env)
			f.Timeout = 10 * time.Minute // minidyn is slow, and what it takes is not measured
			if _, err := f.Invoke(batch(b, 0, tt.calls, tt.principals)); err != nil {
				b.Fatal(err)
			}
			var own, whole, cpu []time.Duration
			for i := range b.N {
				body := batch(b, i+1, tt.calls, tt.principals)
				waited, used, begin := c.waited(), f.CPU(), time.Now()
				answer, err := f.Invoke(body)
				took := time.Since(begin)
				if err != nil || string(answer.Body) != `{"batchItemFailures":[]}` {
					b.Fatalf("%s, %v", answer.Body, err)
				}
				own, whole, cpu = append(own, took-(c.waited()-waited)), append(whole, took), append(cpu, f.CPU()-used)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(milliseconds(median(cpu)), "cpu-ms")
			b.ReportMetric(milliseconds(median(own)), "own-ms")
			b.ReportMetric(milliseconds(median(whole)), "whole-ms")
		})
	}
}

// batch is the n-th SQS batch of denied calls, by turns of principals.
func batch(b *testing.B, n, calls, principals int) []byte {
	b.Helper()
	operations := chime.Operations()
	records := make([]map[string]string, calls)
	at := time.Now().UTC().Format(time.RFC3339)
	for i := range records {
		who := fmt.Sprintf("arn:aws:iam::111122223333:role/backend-%d", i%principals)
		op := operations[i%3].Name
		records[i] = map[string]string{"messageId": fmt.Sprint("m", i), "eventSource": "aws:sqs", "body": fmt.Sprintf(`{"version":"0","detail-type":"AWS API Call via CloudTrail","source":"aws.chime","detail":{
			"eventVersion":"1.11","eventID":"%08x-0000-4000-8000-%012x","eventTime":%q,"eventSource":"chime.amazonaws.com","eventName":%q,"awsRegion":"us-east-1","recipientAccountId":"111122223333",
			"sourceIPAddress":"203.0.113.7","userAgent":"aws-sdk-go-v2/1.32.3","errorCode":"AccessDeniedException","errorMessage":"User: %s is not authorized to perform: chime:%s because no identity-based policy allows the chime:%s action",
			"userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/x/y","accountId":"111122223333","accessKeyId":"ASIAIOSFODNN7EXAMPLE","sessionContext":{"sessionIssuer":{"type":"Role","arn":%q}}}}}`,
			n, i, at, op, who, op, op, who)}
	}
	out, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		b.Fatal(err)
	}
	return out
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
