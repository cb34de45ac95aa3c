// Package lookupevents reads records through LookupEvents of CloudTrail: what
// happened in one account and Region in the last 90 days, at two requests a
// second and fifty records a page, the newest first.
//
// A [Lookup] keeps to that pace, waits when it is throttled, and says up to
// where it came. A [Reconciler] looks for what another road lost.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
package lookupevents
