// Package doctor says what keeps chimewatch from seeing refused calls or from
// telling anybody: line by line, with what to do. It judges facts that somebody
// else has read, and asks for nothing itself.
//
// Every fact may be unknown, because it may not be read or the deployment is not
// there; that too is said, and keeps nothing else from being judged.
package doctor
