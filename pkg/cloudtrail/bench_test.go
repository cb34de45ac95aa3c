package cloudtrail

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// logFile returns a log file of about size bytes, of which about one record in
// a hundred times share is a denied call to Chime.
func logFile(size int, share float64) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	b.WriteString(`{"Records":[`)
	for i := 0; b.Len() < size; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		if random.Float64()*100 < share {
			b.WriteString(strings.Replace(denied, "11111111", fmt.Sprintf("%08x", random.Uint32()), 1))
		} else {
			writeOther(&b, random)
		}
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

// writeOther writes a call to another service, of the size and with the
// members that are usual.
func writeOther(b *bytes.Buffer, random *rand.Rand) {
	services := []string{"s3", "ec2", "sts", "kms", "dynamodb", "logs"}
	service := services[random.IntN(len(services))]
	fmt.Fprintf(b, `{"eventVersion":"1.10","userIdentity":{"type":"AssumedRole","principalId":"AROA%016X:i-%017x","arn":"arn:aws:sts::111122223333:assumed-role/worker-%d/i-%017x",`+
		`"accountId":"111122223333","accessKeyId":"ASIA%016X","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA%016X","arn":"arn:aws:iam::111122223333:role/worker-%d",`+
		`"accountId":"111122223333","userName":"worker"},"attributes":{"creationDate":"2026-11-01T08:00:00Z","mfaAuthenticated":"false"},"ec2RoleDelivery":"2.0"}},`,
		random.Uint64(), random.Uint64(), random.IntN(50), random.Uint64(), random.Uint64(), random.Uint64(), random.IntN(50))
	fmt.Fprintf(b, `"eventTime":"2026-11-01T%02d:%02d:%02dZ","eventSource":"%s.amazonaws.com","eventName":"Describe%d","awsRegion":"us-east-1","sourceIPAddress":"10.0.%d.%d",`+
		`"userAgent":"aws-sdk-go-v2/1.32.3 ua/2.1 os/linux lang/go#1.23.1 md/GOOS#linux md/GOARCH#amd64 api/%s#1.26.2",`,
		random.IntN(24), random.IntN(60), random.IntN(60), service, random.IntN(40), random.IntN(256), random.IntN(256), service)
	fmt.Fprintf(b, `"requestParameters":{"filterSet":{"items":[{"name":"instance-id","valueSet":{"items":[{"value":"i-%017x"},{"value":"i-%017x"}]}}]},"maxResults":100},"responseElements":null,`+
		`"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"%032x"},`,
		random.Uint64(), random.Uint64(), random.Uint64())
	fmt.Fprintf(b, `"requestID":"%08x-aaaa-4bbb-8ccc-%012x","eventID":"%08x-dddd-4eee-8fff-%012x","readOnly":true,"resources":[{"accountId":"111122223333","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::bucket-%d"}],`+
		`"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"%s.us-east-1.amazonaws.com"}}`,
		random.Uint32(), random.Uint64()>>16, random.Uint32(), random.Uint64()>>16, random.IntN(99), service)
}

// BenchmarkScan scans log files with a filter for Chime; the records that pass
// are decoded. From memory, it is the scan alone on one core, of what fits a
// core's cache as a chunk does; compressed, decompression beside it on another.
func BenchmarkScan(b *testing.B) {
	opt := Options{Candidate: Candidates([]string{"chime.amazonaws.com"})}
	visit := func(e Element) error { _, err := e.Decode(); return err }
	for _, share := range []float64{0, 1, 30} {
		data := logFile(16<<20, share)
		packed := []byte(zipped(b, string(data)))
		b.Run(fmt.Sprintf("plain/%v%%", share), func(b *testing.B) {
			small := logFile(defaultChunk, share)
			b.SetBytes(int64(len(small)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ScanBytes(small, "f", opt, visit); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("gzip/%v%%", share), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Scan(bytes.NewReader(packed), "f", opt, visit); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkGunzipAlone decompresses what BenchmarkScan scans: the bound.
func BenchmarkGunzipAlone(b *testing.B) {
	data := logFile(16<<20, 1)
	packed := []byte(zipped(b, string(data)))
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, z); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	raw := []byte(denied)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDigest(b *testing.B) {
	raw := []byte(denied)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		p := parser{b: raw}
		if _, _, ok := p.value(0, 0, otherField); !ok {
			b.Fatal(p.problem)
		}
	}
}
