package templatetest

import "testing"

// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
func TestCheckExpression(t *testing.T) {
	for _, good := range []string{
		"rate(1 minute)", "rate(5 minutes)", "rate(1 hour)", "rate(7 days)",
		"cron(0 7 ? * MON *)", "cron(15 10 * * ? *)", "cron(15 10 ? * 6L 2022-2023)", "cron(0/5 8-17 ? * MON-FRI *)",
		"cron(0 10 L * ? *)", "cron(0 10 15W * ? *)", "cron(0 10 ? * 6#3 *)", "cron(0 0 1,15 JAN-MAR,DEC ? *)",
	} {
		if err := CheckExpression(good); err != nil {
			t.Errorf("%s is refused: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "rate(0 minutes)", "rate(1 minutes)", "rate(5 minute)", "rate(5 weeks)", "cron()", "cron(0 7 ? * MON)",
		"cron(0 7 * * * *)", "cron(0 7 ? * ? *)", "cron(60 7 ? * MON *)", "cron(0 24 ? * MON *)", "cron(0 7 32 * ? *)",
		"cron(0 7 ? * MUN *)", "cron(0 7 ? 13 MON *)", "cron(0 7 ? * 0 *)", "cron(0/0 7 ? * MON *)", "cron(9-5 7 ? * MON *)",
		"0 7 * * 1", "cron(0 7 ? * MON 1969)",
	} {
		if err := CheckExpression(bad); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

func TestCheckTimeZone(t *testing.T) {
	for name, good := range map[string]bool{
		"UTC": true, "Europe/Berlin": true, "America/Argentina/Buenos_Aires": true, "Etc/GMT+5": true,
		"": false, "Local": false, "Berlin": false, "Europe/Berlim": false, "../etc/passwd": false,
	} {
		if err := CheckTimeZone(name); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
}
