package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
)

// look is a validated probe, ready to run.
type look = func(ctx context.Context, progress func(any)) (any, error)

// Prepare validates kind and spec; the result does what [Run] does with them. The
// error is a spec that breaks a bound.
func Prepare(kind string, spec json.RawMessage) (func(ctx context.Context, progress func(any)) (any, error), error) {
	return prepare(kind, spec)
}

// Run looks once. The result is a HTTPSeen, a TCPSeen or the last TrafficSeen.
// progress (may be nil) gets partial results of the same type, one at a time, none
// after Run returned. What goes wrong on the network is part of the result; an
// error is a spec that breaks a bound, or for "http" and "tcp" the cause of an
// ended context. Traffic ends with its context, without an error.
func Run(ctx context.Context, kind string, spec json.RawMessage, progress func(any)) (any, error) {
	look, err := prepare(kind, spec)
	if err != nil {
		return nil, err
	}
	if progress == nil {
		progress = func(any) {}
	}
	return look(ctx, progress)
}

func prepare(kind string, spec json.RawMessage) (look, error) {
	switch kind {
	case KindHTTP:
		return prepareHTTP(spec)
	case KindTCP:
		return prepareTCP(spec)
	case KindTraffic:
		return prepareTraffic(spec)
	}
	return nil, fmt.Errorf("unknown kind of probe %q; use %s, %s or %s", kind, KindHTTP, KindTCP, KindTraffic)
}

// decode is strict, so that a misspelt field is not a silent default.
func decode(spec json.RawMessage, v any) error {
	d := json.NewDecoder(bytes.NewReader(spec))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("read the probe's spec: %w", err)
	}
	return nil
}
