// Package alert says what is sent when an incident opens, changes or closes:
// a subject line and a text for people, a text message, JSON for machines, a
// chat message, an OCSF finding, and the messages that carry them.
//
// One incident is one thread: every alert carries the incident's id and an id
// of its own that stays the same when it is sent again, so that a receiver can
// drop repeats. What would be too much becomes a [Digest], by a [Ceiling].
//
// Everything that stems from a record may be hostile. Texts for people show it
// without effect (package inert); JSON holds it exactly, in ASCII, so that
// nothing acts before it is decoded. Every form keeps the limits of its
// carrier, however long the fields are: long texts and lists are cut and the
// form says so, ids are whole or replaced by a hash.
package alert
