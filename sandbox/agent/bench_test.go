package agent_test

import (
	"io"
	"os/exec"
	"testing"

	"github.com/creack/pty"

	"pattarai/sandbox/agent"
)

// BenchmarkEcho is a key and its echo: through the agent, and on a terminal of the
// test's own as the floor.
func BenchmarkEcho(b *testing.B) {
	b.Run("agent", func(b *testing.B) {
		n := startNode(b)
		s, err := n.OpenShell(b.Context(), agent.ShellOptions{ID: "a", Args: []string{"cat"}})
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		echo(b, s)
	})
	b.Run("pty", func(b *testing.B) {
		cmd := exec.Command("cat")
		f, err := pty.Start(cmd)
		if err != nil {
			b.Fatal(err)
		}
		defer cmd.Wait()
		defer f.Close()
		echo(b, f)
	})
}

func echo(b *testing.B, terminal io.ReadWriter) {
	key, got := []byte("x"), make([]byte, 16)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		want := 1
		key[0] = 'x'
		if i%100 == 99 { // A line may not grow for ever; cat repeats it.
			key[0], want = '\n', 2+99+2
		}
		if _, err := terminal.Write(key); err != nil {
			b.Fatal(err)
		}
		for want > 0 {
			n, err := terminal.Read(got)
			if err != nil {
				b.Fatal(err)
			}
			want -= n
		}
	}
}

// BenchmarkExec is a small command: through the agent, and started directly.
func BenchmarkExec(b *testing.B) {
	b.Run("agent", func(b *testing.B) {
		n := startNode(b)
		for b.Loop() {
			if _, err := n.Exec(b.Context(), agent.Command{Args: []string{"/bin/true"}}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("direct", func(b *testing.B) {
		for b.Loop() {
			if err := exec.Command("/bin/true").Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
