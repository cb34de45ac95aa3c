package doctor

import "testing"

// Selectors as in
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html
// and https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
func TestSelectors(t *testing.T) {
	field := func(name string, equals ...string) FieldSelector { return FieldSelector{Field: name, Equals: equals} }
	not := func(name string, texts ...string) FieldSelector { return FieldSelector{Field: name, NotEquals: texts} }
	management := field("eventCategory", "Management")
	advanced := func(fields ...FieldSelector) Selectors {
		return Selectors{Advanced: []AdvancedSelector{{fields}}}
	}
	basic := func(b BasicSelector) Selectors { return Selectors{Basic: []BasicSelector{b}} }
	for name, tt := range map[string]struct {
		selectors     Selectors
		reads, writes bool
	}{
		"none":                     {Selectors{}, true, true},
		"all":                      {basic(BasicSelector{Management: true, ReadWrite: "All"}), true, true},
		"reads":                    {basic(BasicSelector{Management: true, ReadWrite: "ReadOnly"}), true, false},
		"writes":                   {basic(BasicSelector{Management: true, ReadWrite: "WriteOnly"}), false, true},
		"data only":                {basic(BasicSelector{ReadWrite: "All"}), false, false},
		"without KMS":              {basic(BasicSelector{Management: true, ReadWrite: "All", Excluded: []string{"kms.amazonaws.com"}}), true, true},
		"two that add up":          {Selectors{Basic: []BasicSelector{{Management: true, ReadWrite: "ReadOnly"}, {Management: true, ReadWrite: "WriteOnly"}}}, true, true},
		"advanced":                 {advanced(management), true, true},
		"advanced, reads":          {advanced(management, field("readOnly", "true")), true, false},
		"advanced, writes":         {advanced(management, field("readOnly", "false")), false, true},
		"advanced, without KMS":    {advanced(management, not("eventSource", "kms.amazonaws.com", "rdsdata.amazonaws.com")), true, true},
		"advanced, without Chime":  {advanced(management, not("eventSource", "chime.amazonaws.com")), false, false},
		"advanced, one service":    {advanced(management, FieldSelector{Field: "eventSource", StartsWith: []string{"ec2."}}), false, false},
		"advanced, by its end":     {advanced(management, FieldSelector{Field: "eventSource", EndsWith: []string{".amazonaws.com"}}), true, true},
		"advanced, not this end":   {advanced(management, FieldSelector{Field: "eventSource", NotEndsWith: []string{".amazonaws.com"}}), false, false},
		"advanced, not this begin": {advanced(management, FieldSelector{Field: "eventName", NotStartsWith: []string{"List", "Get"}}), false, true},
		"advanced, data":           {advanced(field("eventCategory", "Data"), field("resources.type", "AWS::S3::Object")), false, false},
	} {
		if reads, writes := tt.selectors.logs(true), tt.selectors.logs(false); reads != tt.reads || writes != tt.writes {
			t.Errorf("%s: reads %v, writes %v", name, reads, writes)
		}
	}
}
