// Package emf writes metrics in the CloudWatch embedded metric format: a line in
// the log is a metric, and nothing has to be called.
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
package emf

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// Unit is a CloudWatch unit.
type Unit string

// The units in use.
const (
	Count        Unit = "Count"
	Milliseconds Unit = "Milliseconds"
	Seconds      Unit = "Seconds"
)

// Value is a metric's value with its unit.
type Value struct {
	Value float64
	Unit  Unit
}

// Writer writes metrics of one function.
type Writer struct {
	Out       io.Writer
	Namespace string
	Function  string // the one dimension
}

// Write writes metrics with the time at which they were taken.
func (w Writer) Write(at time.Time, metrics map[string]Value) error {
	type definition struct {
		Name string
		Unit Unit
	}
	type directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []definition
	}
	d := directive{Namespace: w.Namespace, Dimensions: [][]string{{"Function"}}, Metrics: []definition{}}
	line := map[string]any{"Function": w.Function}
	for _, name := range slices.Sorted(maps.Keys(metrics)) {
		d.Metrics = append(d.Metrics, definition{name, metrics[name].Unit})
		line[name] = metrics[name].Value
	}
	line["_aws"] = map[string]any{"Timestamp": at.UnixMilli(), "CloudWatchMetrics": []directive{d}}
	b, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("writing metrics: %w", err)
	}
	if _, err := w.Out.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("writing metrics: %w", err)
	}
	return nil
}
