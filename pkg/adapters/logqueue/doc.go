// Package logqueue is the queue of log files that are to be read: what S3 and
// CloudTrail announce, and what the command line lists into it. New files and
// history take the same road.
//
// A message names objects, nothing more; what is in them is read where the
// message is handled. Each message fails or succeeds alone.
package logqueue

// Reference names one object in S3.
type Reference struct {
	Bucket string
	Key    string // as S3 has it: not URL-encoded
	Size   int64  // bytes as stored; 0 where it is not known
}

// URL returns the object's place as s3://bucket/key.
func (r Reference) URL() string { return "s3://" + r.Bucket + "/" + r.Key }
