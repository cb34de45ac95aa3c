package denial

import (
	"testing"
	"time"
)

// User agents by the SDKs' source and public CloudTrail samples; ends of
// support by
// https://docs.aws.amazon.com/sdkref/latest/guide/version-support-matrix.html.
func TestParseUserAgent(t *testing.T) {
	tests := []struct {
		userAgent string
		want      SDK
	}{
		{"aws-sdk-java/1.12.239 Linux/5.4 OpenJDK_64-Bit_Server_VM/25.302 java/1.8.0_302 cfg/retry-mode/standard", SDK{"AWS SDK for Java", "1.12.239", "1", "2025-12-31", false}},
		{"aws-internal/3 aws-sdk-java/1.11.848 Linux/4.9", SDK{"AWS SDK for Java", "1.11.848", "1", "2025-12-31", false}},
		{"[S3Console/0.4, aws-internal/3 aws-sdk-java/1.11.1002 Linux/5.4]", SDK{"AWS SDK for Java", "1.11.1002", "1", "2025-12-31", false}},
		{"aws-sdk-java/2.17.295 Linux/5.10 OpenJDK_64-Bit_Server_VM/11 Java/11 io/sync http/Apache", SDK{"AWS SDK for Java", "2.17.295", "2", "", false}},
		{"aws-sdk-java/2.34.3 md/io#sync md/http#Apache ua/2.1 api/S3#2.34.x os/Linux#5.10 lang/java#17", SDK{"AWS SDK for Java", "2.34.3", "2", "", false}},
		{"aws-sdk-go/1.40.21 (go1.17; linux; amd64) exec-env/AWS_Lambda_go1.x", SDK{"AWS SDK for Go", "1.40.21", "1", "2025-07-31", false}},
		{"APN/1.0 HashiCorp/1.0 Terraform/1.2.3 (+https://www.terraform.io) terraform-provider-aws/4.9.0 aws-sdk-go/1.44.0 (go1.17; linux; amd64)", SDK{"AWS SDK for Go", "1.44.0", "1", "2025-07-31", false}},
		{"aws-sdk-go-v2/1.32.3 ua/2.1 os/linux lang/go#1.23.1 md/GOOS#linux md/GOARCH#amd64 api/sts#1.26.2 m/E", SDK{"AWS SDK for Go", "1.32.3", "2", "", false}},
		{"aws-sdk-go-v2/1.8.0 os/linux lang/go/1.17.6 md/GOOS/linux", SDK{"AWS SDK for Go", "1.8.0", "2", "", false}},
		{"aws-sdk-nodejs/2.1586.0 linux/v20.15.1 promise", SDK{"AWS SDK for JavaScript", "2.1586.0", "2", "2025-09-08", false}},
		{"aws-sdk-js/2.1586.0 promise", SDK{"AWS SDK for JavaScript", "2.1586.0", "2", "2025-09-08", false}},
		{"aws-sdk-js/1.18.0 linux/v0.10", SDK{"AWS SDK for JavaScript", "1.18.0", "1", "", true}},
		{"aws-sdk-js/3.632.0 ua/2.0 os/linux#5.10 lang/js md/nodejs#20.18.0 api/connect#3.632.0 exec-env/AWS_Lambda_nodejs20.x", SDK{"AWS SDK for JavaScript", "3.632.0", "3", "", false}},
		{"Boto3/1.26.36 Python/3.10.6 Linux/5.15 Botocore/1.29.36", SDK{"AWS SDK for Python (boto3)", "1.26.36", "1", "", false}},
		{"Boto3/1.35.70 md/Botocore#1.35.70 ua/2.0 os/linux#5.15 md/arch#x86_64 lang/python#3.12.6", SDK{"AWS SDK for Python (boto3)", "1.35.70", "1", "", false}},
		{"Botocore/1.29.36 Python/3.10", SDK{"AWS SDK for Python (botocore)", "1.29.36", "1", "", false}},
		{"Boto/2.49.0 Python/2.7.18 Linux/4.14", SDK{"AWS SDK for Python (boto)", "2.49.0", "2", "", true}},
		{"aws-cli/1.16.96 Python/3.6.0 Windows/10 botocore/1.12.86", SDK{"AWS Command Line Interface", "1.16.96", "1", "2027-07-15", false}},
		{"aws-cli/2.13.5 Python/3.11.4 Linux/5.10 exe/x86_64.amzn.2 prompt/off command/ec2.start-instances", SDK{"AWS Command Line Interface", "2.13.5", "2", "", false}},
		{"aws-cli/2.34.33 md/awscrt#0.28 ua/2.1 md/command#chime-sdk-messaging.list-channels", SDK{"AWS Command Line Interface", "2.34.33", "2", "", false}},
		{"aws-sdk-dotnet-coreclr/3.7.100.14 aws-sdk-dotnet-core/3.7.103.17 .NET_Core/6.0.13", SDK{"AWS SDK for .NET", "3.7.100.14", "3", "2026-06-01", false}},
		{"aws-sdk-dotnet-45/2.3.55.2 .NET_Runtime/4.0", SDK{"AWS SDK for .NET", "2.3.55.2", "2", "", true}},
		{"AWSPowerShell.Common/4.1.300 .NET_Core/6.0 OS/Linux", SDK{"AWS Tools for PowerShell", "4.1.300", "4", "2026-06-01", false}},
		{"aws-sdk-php/3.222.1 OS/Linux/5.10 lang/php/8.1", SDK{"AWS SDK for PHP", "3.222.1", "3", "", false}},
		{"aws-sdk-php2/2.8.31 Guzzle/3.9.3 curl/7.38.0 PHP/5.6", SDK{"AWS SDK for PHP", "2.8.31", "2", "", true}},
		{"aws-sdk-ruby2/2.11.632 ruby/2.5.1 x86_64-linux", SDK{"AWS SDK for Ruby", "2.11.632", "2", "", true}},
		{"aws-sdk-ruby3/3.190.0 ua/2.0 api/s3#1.141.0 os/linux lang/ruby#3.2.2", SDK{"AWS SDK for Ruby", "3.190.0", "3", "", false}},
		{"aws-sdk-rust/1.3.1 os/linux lang/rust/1.79.0", SDK{"AWS SDK for Rust", "1.3.1", "1", "", false}},
		// The caller writes it.
		{"aws-sdk-java/", SDK{}},
		{"aws-sdk-java/\x1b[31m1.12", SDK{}},
		{"aws-sdk-java/<b>1</b>", SDK{}},
		{"aws-sdk-java", SDK{}},
		{"Mozilla/5.0 (X11; Linux x86_64)", SDK{}},
		{"chime.amazonaws.com", SDK{}},
		{"", SDK{}},
	}
	for _, tt := range tests {
		if got := ParseUserAgent(tt.userAgent); got != tt.want {
			t.Errorf("%q: %+v, want %+v", tt.userAgent, got, tt.want)
		}
	}
}

func TestOutOfSupport(t *testing.T) {
	java := ParseUserAgent("aws-sdk-java/1.12.239")
	if java.OutOfSupport(time.Date(2025, 12, 30, 23, 59, 59, 0, time.UTC)) {
		t.Error("out of support the day before")
	}
	if !java.OutOfSupport(time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC)) {
		t.Error("in support on the day")
	}
	if !ParseUserAgent("Boto/2.49.0").OutOfSupport(time.Time{}) {
		t.Error("boto 2 in support")
	}
	if ParseUserAgent("aws-cli/2.13.5").OutOfSupport(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)) || (SDK{}).OutOfSupport(time.Time{}) {
		t.Error("out of support without an end")
	}
}
