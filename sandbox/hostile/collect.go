package hostile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"pattarai/sandbox/agent"
)

// Bounds as the server sets them when it collects files.
const (
	collectFiles = 20
	collectBytes = 256 << 10
)

// collected lets the learner prepare the workspace and then collects it.
func collected(id, what, program, want string) Abuse {
	return deed(id, what, func(ctx context.Context, l *Lab) (string, error) {
		return l.collect(ctx, program)
	}, same(want))
}

func (l *Lab) collect(ctx context.Context, program string) (string, error) {
	const wipe = `import shutil
os.chdir("/srv/work")
for n in os.listdir("."): shutil.rmtree(n) if os.path.isdir(n) and not os.path.islink(n) else os.unlink(n)
`
	if seen, err := l.run(ctx, attacker, wipe+program); err != nil || seen != "done" {
		return "preparing: " + seen, err
	}
	client, err := l.session.Agent(ctx, attacker)
	if err != nil {
		return "", err
	}
	files, skipped, err := client.Get(ctx, []string{"/srv/work"}, agent.ReadLimits{Files: collectFiles, Bytes: collectBytes})
	var refused *agent.Error
	if errors.As(err, &refused) {
		return "refused: " + refused.Message, nil
	}
	if err != nil {
		return "", err
	}
	return summary(files, skipped), nil
}

// summary tells what arrived and what was skipped by name.
func summary(files map[string][]byte, skipped []string) string {
	var bytes int
	var names []string
	for name, data := range files {
		bytes += len(data)
		names = append(names, strings.TrimPrefix(name, "/srv/work/"))
	}
	slices.Sort(names)
	text := []string{fmt.Sprintf("%d files, %d bytes", len(files), bytes)}
	if len(names) > 0 && len(names) < 4 {
		text[0] += fmt.Sprintf(" %q", names)
	}
	for _, s := range skipped {
		text = append(text, "skipped "+strings.TrimPrefix(s, "/srv/work/"))
	}
	return strings.Join(text, ", ")
}

func collect() []Abuse {
	tooMuch := fmt.Sprintf("refused: more than %d files or %d bytes in all", collectFiles, collectBytes)
	return []Abuse{
		collected("collect-plain", "hands in a plain file", `write("a.txt", "abc")`, `1 files, 3 bytes ["a.txt"]`),
		collected("collect-link", "hands in a link to the host names and to the password hashes", `
os.symlink("/etc/hosts", "hosts"); os.symlink("/etc/shadow", "shadow"); os.symlink("/proc/1/environ", "environ")`,
			"0 files, 0 bytes, skipped environ, skipped hosts, skipped shadow"),
		collected("collect-folder-link", "hands in a link to a folder", `os.symlink("/etc", "etc"); os.symlink("..", "up")`, "0 files, 0 bytes, skipped etc, skipped up"),
		collected("collect-loop", "hands in links that point at each other", `os.symlink("b", "a"); os.symlink("a", "b")`, "0 files, 0 bytes, skipped a, skipped b"),
		collected("collect-hard-link", "hands in one file under many names", `
write("a0", "x" * 1000)
for n in range(1, 15): os.link("a0", "a%d" % n)`, "15 files, 15000 bytes"),
		collected("collect-fifo", "hands in a pipe that never ends", `os.mkfifo("pipe")`, "0 files, 0 bytes, skipped pipe"),
		collected("collect-socket", "hands in a socket", `socket.socket(socket.AF_UNIX).bind("/srv/work/s")`, "0 files, 0 bytes, skipped s"),
		collected("collect-sparse", "hands in a sparse file of 64 MiB", `open("big", "wb").truncate(64 << 20)`, tooMuch),
		collected("collect-size-under", "hands in much", `write("big", "x" * (256 << 10))`, `1 files, 262144 bytes ["big"]`).at("256 KiB, just under"),
		collected("collect-size-over", "hands in much", `write("big", "x" * ((256 << 10) + 1))`, tooMuch).at("256 KiB, just over"),
		collected("collect-count-under", "hands in many files", `
for n in range(20): write("f%02d" % n)`, "20 files, 20 bytes").at("20 files, just under"),
		collected("collect-count-over", "hands in many files", `
for n in range(21): write("f%02d" % n)`, tooMuch).at("20 files, just over"),
		collected("collect-links-over", "hands in many links", `
for n in range(1001): os.symlink("/x", "l%d" % n)`, "refused: more than 1000 links and special files").at("1,000 links, just over"),
		collected("collect-deep", "hands in folders within folders", `
for _ in range(80): os.mkdir("d"); os.chdir("d")
write("leaf")`, "0 files, 0 bytes, skipped "+strings.Repeat("d/", 63)+"d").at("64 folders deep, just over"),
		collected("collect-names", "hands in files with names that are commands", `
write("a\nb"); write("-rf"); write("\x1b]0;x\x07")`, `3 files, 3 bytes ["\x1b]0;x\a" "-rf" "a\nb"]`),
		collected("collect-unreadable", "hands in a file that nobody may read", `write("a"); os.chmod("a", 0)`, "0 files, 0 bytes, skipped a"),
		deed("collect-swap", "swaps the folder for a link while it is collected", swapped, same("nothing but the learner's own")),
		deed("collect-inside-out", "has the server write through a link into the system", putThroughLink, same("refused")),
	}
}

// swapped collects again and again while a program exchanges the folder for a link.
func swapped(ctx context.Context, l *Lab) (string, error) {
	done := make(chan error, 1)
	go func() {
		_, err := l.run(ctx, attacker, `
os.makedirs("/tmp/swap/real"); write("/tmp/swap/real/hostname", "mine"); os.symlink("/etc", "/tmp/swap/link")
end = time.time() + 3
while time.time() < end:
    for a, b in (("real", "x"), ("link", "real"), ("real", "link"), ("x", "real")): os.rename("/tmp/swap/" + a, "/tmp/swap/" + b)`)
		done <- err
	}()
	client, err := l.session.Agent(ctx, attacker)
	if err != nil {
		return "", err
	}
	for {
		select {
		case err := <-done:
			return "nothing but the learner's own", err
		default:
		}
		files, _, err := client.Get(ctx, []string{"/tmp/swap/real/hostname"}, agent.ReadLimits{Files: collectFiles, Bytes: collectBytes})
		if err != nil {
			return "", err
		}
		if text, ok := files["/tmp/swap/real/hostname"]; ok && string(text) != "mine" {
			return fmt.Sprintf("%q", text), <-done
		}
	}
}

// putThroughLink writes a workspace file where the learner has put a link.
func putThroughLink(ctx context.Context, l *Lab) (string, error) {
	if seen, err := l.run(ctx, attacker, `
import shutil; shutil.rmtree("/tmp/out", True); os.symlink("/home/learner", "/tmp/out")`); err != nil || seen != "done" {
		return seen, err
	}
	client, err := l.session.Agent(ctx, attacker)
	if err != nil {
		return "", err
	}
	err = client.PutFiles(ctx, map[string][]byte{"/tmp/out/planted": []byte("x")})
	var refused *agent.Error
	if errors.As(err, &refused) {
		return "refused", nil
	}
	return "written", err
}
