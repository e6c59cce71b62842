package sandboxtest_test

import (
	"testing"

	"pattarai/sandbox"
	"pattarai/sandbox/sandboxtest"
)

func TestFake(t *testing.T) {
	sandboxtest.Run(t, func(t *testing.T) sandbox.Engine {
		f := sandboxtest.NewFake(t.TempDir())
		t.Cleanup(f.Close)
		return f
	}, sandboxtest.Images{Shell: "shell", Prefix: "$ROOT"})
}
