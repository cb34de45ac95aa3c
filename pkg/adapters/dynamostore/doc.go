// Package dynamostore keeps what was counted and found in one DynamoDB table.
//
// What must be counted once is written in transactions: the evidence of calls,
// each on the condition that its key is not there, together with the tallies
// that the calls add to, each on the condition that its version is the one that
// was read. Whatever a transaction meets, a repeat, another writer, a time-out,
// the answer is the same: read again, take out what is there, and try the rest.
//
// docs/store.md describes every item, docs/adr/ why tallies carry versions.
package dynamostore
