package fault_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pattarai/server/fault"
)

func TestOf(t *testing.T) {
	cause := errors.New("dial tcp: refused")
	f := fault.Wrap(cause, fault.Full, "lab_full", "All labs are in use.", "Wait.")
	if got := fault.Of(fmt.Errorf("start: %w", f)); got != f {
		t.Errorf("Of a wrapped fault = %v", got)
	}
	if fault.Of(nil) != nil {
		t.Error("Of(nil) is not nil")
	}
	got := fault.Of(cause)
	if got.Kind != fault.Internal || strings.Contains(got.Message+got.Fix, "refused") {
		t.Errorf("an error without a fault says %q to a person", got.Message)
	}
	if !errors.Is(got, cause) || !strings.Contains(got.Error(), "refused") {
		t.Errorf("the log does not learn the cause: %v", got)
	}
}

func TestIs(t *testing.T) {
	f := fmt.Errorf("x: %w", fault.New(fault.Full, "lab_full", "All labs are in use.", ""))
	for name, tt := range map[string]struct {
		err  error
		kind fault.Kind
		want bool
	}{
		"its kind":     {f, fault.Full, true},
		"another kind": {f, fault.Conflict, false},
		"no fault":     {errors.New("x"), fault.Internal, false},
		"nil":          {nil, fault.Full, false},
	} {
		if got := fault.Is(tt.err, tt.kind); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

func TestLogValue(t *testing.T) {
	var out bytes.Buffer
	f := fault.Wrap(errors.New("refused"), fault.Full, "lab_full", "All labs are in use.", "Wait.")
	slog.New(slog.NewTextHandler(&out, nil)).Error("x", "err", f)
	for _, want := range []string{"err.kind=full", "err.code=lab_full", `err.message="All labs are in use."`, "err.cause=refused"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q lacks %q", out.String(), want)
		}
	}
}
