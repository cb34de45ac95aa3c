package templatetest

import (
	"os"
	"testing"
)

const (
	templateFile  = "../../template.yaml"
	forwarderFile = "../forwarder.yaml"
)

func read(t testing.TB, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The templates have no fault that is known here.
func TestTemplates(t *testing.T) {
	for _, file := range []string{templateFile, forwarderFile} {
		faults, err := Check([]byte(read(t, file)))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, fault := range faults {
			t.Errorf("%s: %s", file, fault)
		}
	}
}
