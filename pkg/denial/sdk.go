package denial

import (
	"strings"
	"time"
)

// SDK is what a user agent says about the client that made the call. The
// caller writes its user agent, so it explains a call and proves nothing.
type SDK struct {
	Name    string // for example "AWS SDK for Java", empty if not recognised
	Version string // for example "1.12.239", empty if not recognised
	Major   string // the major version that counts for support: "1", "2"

	// EndOfSupport is the day, as 2025-12-31, from which AWS gives no fixes.
	// Empty: no end is known, or Ended is set.
	EndOfSupport string
	Ended        bool // support ended years ago; the day is not known
}

// OutOfSupport reports whether support had ended on the day of at.
func (s SDK) OutOfSupport(at time.Time) bool {
	return s.Ended || s.EndOfSupport != "" && at.UTC().Format(time.DateOnly) >= s.EndOfSupport
}

// ParseUserAgent finds the AWS SDK or command-line tool in a user agent. A user
// agent may be in brackets, and what others put before the SDK's own word, a
// console, a Terraform provider, is passed over.
//
// Two names mislead: aws-sdk-js and aws-sdk-java are each the name of two major
// versions, which the number tells apart; aws-sdk-go and aws-sdk-go-v2 both
// count from 1, there the name tells.
//
// The days are those of
// https://docs.aws.amazon.com/sdkref/latest/guide/version-support-matrix.html.
func ParseUserAgent(userAgent string) SDK {
	for word := range strings.FieldsSeq(userAgent) {
		word = strings.Trim(word, "[](),;")
		name, version, ok := strings.Cut(word, "/")
		if !ok || !isVersion(version) {
			continue
		}
		major, _, _ := strings.Cut(version, ".")
		if s := sdkOf(strings.ToLower(name), major); s.Name != "" {
			s.Version = version
			return s
		}
	}
	return SDK{}
}

// sdkOf returns the SDK that calls itself name, in lower case, in a user agent.
func sdkOf(name, major string) SDK {
	s := SDK{Major: major}
	switch name {
	case "aws-sdk-java":
		s.Name = "AWS SDK for Java"
		s.endAt("1", "2025-12-31")
	case "aws-sdk-go":
		s.Name, s.Major = "AWS SDK for Go", "1"
		s.endAt("1", "2025-07-31")
	case "aws-sdk-go-v2":
		s.Name, s.Major = "AWS SDK for Go", "2"
	case "aws-sdk-js", "aws-sdk-nodejs":
		s.Name = "AWS SDK for JavaScript"
		s.endAt("2", "2025-09-08")
		s.endedThrough("1")
	case "boto3":
		s.Name = "AWS SDK for Python (boto3)"
	case "botocore":
		s.Name = "AWS SDK for Python (botocore)"
	case "boto":
		s.Name = "AWS SDK for Python (boto)"
		s.endedThrough("2")
	case "aws-cli":
		s.Name = "AWS Command Line Interface"
		s.endAt("1", "2027-07-15")
	case "aws-sdk-php", "aws-sdk-php2":
		s.Name = "AWS SDK for PHP"
		s.endedThrough("2")
	case "aws-sdk-ruby", "aws-sdk-ruby2", "aws-sdk-ruby3":
		s.Name = "AWS SDK for Ruby"
		s.endedThrough("2")
	case "aws-sdk-dotnet", "aws-sdk-dotnet-coreclr", "aws-sdk-dotnet-core", "aws-sdk-dotnet-45", "aws-sdk-dotnet-35", "aws-sdk-dotnet-framework", "aws-sdk-dotnet-standard":
		s.Name = "AWS SDK for .NET"
		s.endAt("3", "2026-06-01")
		s.endedThrough("2")
	case "awspowershell", "awspowershell.common", "awspowershell.netcore", "aws-tools-powershell":
		s.Name = "AWS Tools for PowerShell"
		s.endAt("4", "2026-06-01")
	case "aws-sdk-cpp":
		s.Name = "AWS SDK for C++"
	case "aws-sdk-rust":
		s.Name = "AWS SDK for Rust"
	case "aws-sdk-kotlin":
		s.Name = "AWS SDK for Kotlin"
	case "aws-sdk-swift":
		s.Name = "AWS SDK for Swift"
	case "aws-sdk-ios":
		s.Name = "AWS Mobile SDK for iOS"
	case "aws-sdk-android":
		s.Name = "AWS Mobile SDK for Android"
	}
	return s
}

// endAt notes the day on which support for a major version ends.
func (s *SDK) endAt(major, day string) {
	if s.Major == major {
		s.EndOfSupport = day
	}
}

// endedThrough notes that the major versions up to this one, a single digit,
// have long been out of support.
func (s *SDK) endedThrough(major string) {
	if len(s.Major) == 1 && s.Major <= major {
		s.Ended = true
	}
}

// isVersion reports whether s can be the version of a piece of software.
func isVersion(s string) bool {
	if s == "" || len(s) > 64 || s[0] < '0' || s[0] > '9' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isAlnum(c) && c != '.' && c != '-' && c != '+' && c != '_' {
			return false
		}
	}
	return true
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
