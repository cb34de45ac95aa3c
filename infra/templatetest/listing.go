package templatetest

import (
	"slices"
	"strings"
)

// checkListing wants whoever reads objects of our bucket to be allowed to list
// where they are: otherwise an object that is not there looks like one that may
// not be read, and a first run like one without permissions.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
func checkListing(s *stack) {
	bucket := "arn:aws:s3:::" + strings.ToLower(Stack+"-Bucket-1A2B3C4D5E6F")
	listed := map[string][]string{} // prefixes by role; "*" for all
	for _, st := range s.statements() {
		if !st.grants("s3:ListBucket") {
			continue
		}
		prefixes := textsOf(mapOf(st.conditions["StringLike"])["s3:prefix"])
		if len(st.conditions) == 0 {
			prefixes = []string{"*"}
		}
		for _, role := range st.on {
			listed[role] = append(listed[role], prefixes...)
		}
	}
	for _, st := range s.statements() {
		if !st.grants("s3:GetObject") {
			continue
		}
		for _, resource := range st.resources {
			folder, ours := strings.CutPrefix(resource, bucket+"/")
			for _, role := range st.on {
				s.want(!ours || slices.Contains(listed[role], folder) || slices.Contains(listed[role], "*"), st.where,
					role+" may read "+folder+" but not list it: what is not there looks forbidden")
			}
		}
	}
}
