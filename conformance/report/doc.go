// Package report turns the result of a run into something that people and
// programs read: text for a terminal or a log, a stream of JSON lines and JSON,
// JUnit XML, TAP, Markdown, a page of HTML, a badge, dissections and captures of
// packets. It reads results again, compares and joins them.
//
// It writes to the writers that it is given and nowhere else.
package report
