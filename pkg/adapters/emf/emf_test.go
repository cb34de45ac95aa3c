package emf_test

import (
	"bytes"
	"testing"
	"time"

	"chimewatch/pkg/adapters/emf"
)

func TestLine(t *testing.T) {
	var out bytes.Buffer
	w := emf.Writer{Out: &out, Namespace: "chimewatch", Function: "detector"}
	if err := w.Write(time.UnixMilli(1772359200000), map[string]emf.Value{"Denials": {3, emf.Count}, "Delay": {1.5, emf.Seconds}}); err != nil {
		t.Fatal(err)
	}
	const want = `{"Delay":1.5,"Denials":3,"Function":"detector","_aws":{"CloudWatchMetrics":[{"Namespace":"chimewatch","Dimensions":[["Function"]],"Metrics":[{"Name":"Delay","Unit":"Seconds"},{"Name":"Denials","Unit":"Count"}]}],"Timestamp":1772359200000}}` + "\n"
	if out.String() != want {
		t.Errorf("wrote\n%s want\n%s", out.String(), want)
	}
}
