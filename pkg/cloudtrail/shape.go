package cloudtrail

import "bytes"

// A key is a member name that tells what an object is.
type key uint8

const (
	noKey key = iota

	// Lists of elements.
	keyRecords  // a log file, or a batch of queue messages as Lambda receives it
	keyEvents   // the output of LookupEvents
	keyMessages // the output of ReceiveMessage

	// Members of a record.
	keyEventSource
	keyEventType
	keyEventCategory
	keyRecord // any other member that only a record has

	// Members of what carries a record.
	keyDetail          // an EventBridge event: the record itself
	keyDetailType      // an EventBridge event
	keyCloudTrailEvent // a LookupEvents event: the record in a string
	keyLambdaBody      // a queue message, as Lambda spells it
	keyLambdaID
	keyQueueBody // a queue message, as ReceiveMessage spells it
	keyQueueID
	keyMessage // an SNS notification
	keyTopic

	keyDigest // a digest file
	keyCount
)

// keyOf returns the key that a member name is.
func keyOf(name []byte) key {
	switch string(name) {
	case "Records":
		return keyRecords
	case "Events":
		return keyEvents
	case "Messages":
		return keyMessages
	case "eventSource":
		return keyEventSource
	case "eventType":
		return keyEventType
	case "eventCategory":
		return keyEventCategory
	case "eventVersion", "eventName", "eventTime", "eventID", "userIdentity":
		return keyRecord
	case "detail":
		return keyDetail
	case "detail-type":
		return keyDetailType
	case "CloudTrailEvent":
		return keyCloudTrailEvent
	case "body":
		return keyLambdaBody
	case "messageId":
		return keyLambdaID
	case "Body":
		return keyQueueBody
	case "MessageId", "ReceiptHandle":
		return keyQueueID
	case "Message":
		return keyMessage
	case "TopicArn":
		return keyTopic
	case "digestS3Object":
		return keyDigest
	}
	return noKey
}

// keySet is a set of keys.
type keySet uint32

func (s keySet) has(k key) bool { return s&(1<<k) != 0 }

const (
	recordKeys  = keySet(1<<keyEventSource | 1<<keyEventType | 1<<keyEventCategory | 1<<keyRecord)
	carrierKeys = keySet(1<<keyDetail | 1<<keyCloudTrailEvent | 1<<keyLambdaBody | 1<<keyQueueBody | 1<<keyMessage)
)

// outline is what the members of one object tell about it.
type outline struct {
	begun bool // the first member is eventVersion: it is a record, whatever follows
	seen  keySet
	value [keyCount]struct{ lo, hi int } // of the keys seen; of duplicates the last
}

// members walks over the members of an object. It starts at b[i], after the
// opening brace or, if the walk was interrupted by a list, after that list. It
// returns the index after the closing brace or, with the fault listed, the
// index of the bracket that opens a list of elements. With escapes, member
// names may be written with them; without, such names are unknown ones.
func (o *outline) members(b []byte, i int, interrupted, escapes bool) (int, fault) {
	for first := !interrupted; ; first = false {
		if i = skipSpace(b, i); i >= len(b) {
			return i, cut
		}
		if b[i] == '}' {
			return i + 1, sound
		}
		if !first {
			if b[i] != ',' {
				return i, broken
			}
			if i = skipSpace(b, i+1); i >= len(b) {
				return i, cut
			}
		}
		if b[i] != '"' {
			return i, broken
		}
		start := i
		end, f := skipString(b, i)
		if f != sound {
			return end, f
		}
		if i = skipSpace(b, end); i >= len(b) {
			return i, cut
		}
		if b[i] != ':' {
			return i, broken
		}
		if i = skipSpace(b, i+1); i >= len(b) {
			return i, cut
		}
		name := b[start+1 : end-1]
		if (escapes || b[i] == '[') && bytes.IndexByte(name, '\\') >= 0 {
			name, _ = unescape(nil, name)
		}
		if first {
			o.begun = string(name) == "eventVersion"
		}
		k := keyOf(name)
		if b[i] == '[' && (k == keyRecords || k == keyEvents || k == keyMessages) && o.seen&recordKeys == 0 {
			o.seen |= 1 << k
			return i, listed
		}
		if end, f = skip(b, i, 1); f != sound {
			return end, f
		}
		if k != noKey {
			o.seen |= 1 << k
			o.value[k].lo, o.value[k].hi = i, end
		}
		i = end
	}
}

// A form is what an object was recognised as.
type form uint8

const (
	unknown form = iota
	record
	insight
	digest
	carrier // of a record, in the value of a member
)

// form returns what the object in b is and, of a carrier, the member that
// holds what it carries.
func (o *outline) form(b []byte) (form, key) {
	if o.seen&carrierKeys != 0 && !o.begun {
		if k := o.carried(b); k != noKey {
			return carrier, k
		}
	}
	switch {
	case o.seen&recordKeys != 0:
		if o.is(b, keyEventType, "AwsCloudTrailInsight") || o.is(b, keyEventCategory, "Insight") {
			return insight, noKey
		}
		return record, noKey
	case o.seen.has(keyDigest):
		return digest, noKey
	}
	return unknown, noKey
}

// carried returns the member that holds what the object carries, noKey if it
// carries nothing.
//
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Message.html
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Event.html
// https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
func (o *outline) carried(b []byte) key {
	switch {
	case o.seen.has(keyLambdaBody) && (o.seen.has(keyLambdaID) || o.is(b, keyEventSource, "aws:sqs")):
		return keyLambdaBody
	case o.seen&recordKeys != 0:
		return noKey
	case o.seen.has(keyDetail) && o.seen.has(keyDetailType):
		return keyDetail
	case o.seen.has(keyCloudTrailEvent):
		return keyCloudTrailEvent
	case o.seen.has(keyQueueBody) && o.seen.has(keyQueueID):
		return keyQueueBody
	case o.seen.has(keyMessage) && o.seen.has(keyTopic):
		return keyMessage
	}
	return noKey
}

// is reports whether the value of k is the string want.
func (o *outline) is(b []byte, k key, want string) bool {
	if !o.seen.has(k) {
		return false
	}
	v := b[o.value[k].lo:o.value[k].hi]
	if v[0] != '"' {
		return false
	}
	v = v[1 : len(v)-1]
	if len(v) > len(want) && bytes.IndexByte(v, '\\') >= 0 {
		v, _ = unescape(nil, v)
	}
	return string(v) == want
}
