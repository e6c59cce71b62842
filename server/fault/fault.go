// Package fault is the shape of every error that may reach a person: a kind for
// code to decide by, a sentence and a fix for the person, a cause for the log.
//
// Only package web knows which HTTP status a kind becomes. An error without a
// fault in its chain is Internal, and the person sees no more than that.
package fault

import (
	"errors"
	"fmt"
	"log/slog"
)

// Kind is what sort of thing went wrong.
type Kind string

// The kinds.
const (
	Invalid     Kind = "invalid"     // What was sent cannot be right.
	NotFound    Kind = "not_found"   // There is no such thing, or it is somebody else's.
	Forbidden   Kind = "forbidden"   // It is there, but not now or not for you.
	SignIn      Kind = "sign_in"     // Who are you?
	Conflict    Kind = "conflict"    // Something else changed it first.
	TooLarge    Kind = "too_large"   // More bytes than allowed.
	TooMany     Kind = "too_many"    // Too often, or a limit in number is reached.
	Full        Kind = "full"        // No room on this host now.
	Unavailable Kind = "unavailable" // A part of ours is down; try later.
	Internal    Kind = "internal"    // A defect of ours.
)

// Error is an error with something to say to a person.
type Error struct {
	Kind    Kind   // Decides the status.
	Code    string // Stable snake_case name for programs: "lab_full".
	Message string // What was found, and what is allowed. A sentence.
	Fix     string // One thing to do. May be "".
	Cause   error  // For the log only.
}

// New makes an error without a cause.
func New(kind Kind, code, message, fix string) *Error {
	return &Error{Kind: kind, Code: code, Message: message, Fix: fix}
}

// Wrap makes an error around a cause, which is logged and never shown.
func Wrap(cause error, kind Kind, code, message, fix string) *Error {
	return &Error{Kind: kind, Code: code, Message: message, Fix: fix, Cause: cause}
}

// Error implements error, for the log.
func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Code + ": " + e.Message
	}
	return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Cause)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// LogValue implements slog.LogValuer.
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("kind", string(e.Kind)), slog.String("code", e.Code), slog.String("message", e.Message)}
	if e.Cause != nil {
		attrs = append(attrs, slog.String("cause", e.Cause.Error()))
	}
	return slog.GroupValue(attrs...)
}

// Of returns the fault in err's chain, or an Internal one around err that tells a
// person nothing. Of(nil) is nil.
func Of(err error) *Error {
	if err == nil {
		return nil
	}
	var f *Error
	if errors.As(err, &f) {
		return f
	}
	return Wrap(err, Internal, "internal", "Something of ours failed. It is in our log, and nothing you did is lost.", "Try again; if it stays, tell us the request id.")
}

// Is tells whether err's chain has a fault of that kind.
func Is(err error, kind Kind) bool {
	var f *Error
	return errors.As(err, &f) && f.Kind == kind
}
