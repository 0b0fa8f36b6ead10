// Package report turns the result of a run into something that people and
// programs read: text for a terminal or a log, and JSON.
//
// It writes to the writers that it is given and nowhere else.
package report
