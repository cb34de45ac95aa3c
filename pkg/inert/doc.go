// Package inert makes hostile text harmless to show.
//
// Records hold text that a caller writes freely: session names, user agents,
// error messages, names of resources. On a terminal, in a mailbox, a chat or a
// spreadsheet such text can move the cursor, reverse what is read, forge a
// line, become a link, a mention or a formula, or pass for another name. The
// functions here show what is there, visibly and without effect:
//
//   - [Line] for one line of text: what does not print is shown as an escape;
//   - [Name] for names: besides, letters that pass for others are escapes;
//   - [Defang] for mail, chat and spreadsheets: no links, mentions, markup, formulas;
//   - [ASCII] where only ASCII may stand: subjects, text messages;
//   - [Cut], [CutBytes] and [Pad] to fit a width, never in the middle of an escape.
//
// A backslash in the text stays what it is, so that printable text is unchanged
// and every function may be applied twice: what looks like an escape may have
// been written so by the caller. Nothing here is meant to be decoded.
package inert
