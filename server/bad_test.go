package server_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pattarai/lessons/problem/problemtest"
)

// TestBadRequests sends faulty uploads, forms and addresses to a whole server, byte
// by byte as they stand in the file, and compares every answer. Each case is a new
// person. What the file leaves out and every request has (Host, Accept, a login, the
// type and length of the body) is added.
func TestBadRequests(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Content = []string{questionsFolder(t)}
	base, log, _ := start(t, cfg)
	problemtest.Golden(t, "testdata/bad-requests.golden", 85, *update, func(t *testing.T, title, text string) string {
		status, said := sendRaw(t, base, text)
		if status < 400 || status >= 500 && status != http.StatusServiceUnavailable {
			t.Errorf("%s: status %d", title, status)
		}
		return fmt.Sprintf("%d %s", status, said)
	})
	if text := log.String(); strings.Contains(text, "panic") || strings.Contains(text, "status=500") {
		t.Errorf("the log of it:\n%s", text)
	}
}

// questionsFolder has a lesson with a file to edit and a question of most kinds.
func questionsFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"q/course.yaml": "title: Questions\n",
		"q/01-all/lesson.md": "---\ntitle: All\n---\n\nText.\n\n" +
			"### One\n\n<!-- q:single id=one -->\n\n- [ ] left\n- [x] right\n\n" +
			"### Many\n\n<!-- q:multi id=many -->\n\n- [x] a\n- [x] b\n- [ ] c\n\n" +
			"### Number\n\n<!-- q:number id=number -->\n\n- 42\n\n" +
			"### Text\n\n<!-- q:text id=text -->\n\n- tea\n\n" +
			"### Order\n\n<!-- q:order id=order -->\n\n- first\n- second\n- third\n\n" +
			"### Match\n\n<!-- q:match id=match -->\n\n- a → 1\n- b → 2\n",
		"q/01-all/compose.yaml":  "services:\n  client:\n    image: shell\n    volumes: [\"./files/a.txt:/home/learner/a.txt\"]\n    x-pattarai: {role: shell}\n",
		"q/01-all/exercise.yaml": "shell: client\nedit: [a.txt]\nchecks:\n  - id: there\n    title: It is there\n    file: {workspace: a.txt}\n    expect: {contains: x}\n",
		"q/01-all/files/a.txt":   "a\n",
		"q/02-words/lesson.md":   "---\ntitle: Words\n---\n\nNothing to run.\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// sendRaw sends a request and returns the status and the words of the answer.
func sendRaw(t *testing.T, base, text string) (status int, said string) {
	t.Helper()
	head, body, _ := strings.Cut(text+"\n", "\n\n")
	body = strings.TrimSuffix(body, "\n")
	lines := strings.Split(strings.TrimSuffix(head, "\n"), "\n")
	lines[0] += " HTTP/1.1"
	address := strings.TrimPrefix(base, "http://")
	for name, value := range map[string]string{
		"Host": address, "Accept": "application/json", "Connection": "close", "Cookie": guest(t, base),
		"Content-Type": "application/json", "Content-Length": fmt.Sprint(len(body)),
	} {
		if !strings.Contains(strings.ToLower(head), "\n"+strings.ToLower(name)+":") {
			lines = append(lines, name+": "+value)
		}
	}
	conn, err := net.Dial("tcp", strings.Replace(address, "localhost", "127.0.0.1", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	go io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\n\r\n"+body) // The server may answer and close before it has read everything.
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%s: %v", lines[0], err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil && len(answer) == 0 {
		t.Fatalf("%s: %v", lines[0], err)
	}
	return response.StatusCode, words(answer)
}

// words are an error's, without what differs from run to run.
func words(answer []byte) string {
	var wire struct {
		Error struct{ Code, Message, Fix string }
	}
	if json.Unmarshal(answer, &wire) != nil || wire.Error.Code == "" {
		return strings.TrimSpace(string(answer[:min(len(answer), 200)]))
	}
	return strings.TrimRight(wire.Error.Code+"\n"+wire.Error.Message+"\n"+wire.Error.Fix, "\n")
}

// guest makes a new person and returns their cookie.
func guest(t *testing.T, base string) string {
	t.Helper()
	u, err := url.Parse(base + "/api/lessons/q/all/state")
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Get(u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	for _, cookie := range response.Cookies() {
		if cookie.Name == "pattarai" {
			return cookie.Name + "=" + cookie.Value
		}
	}
	t.Fatalf("no login: %s", response.Status)
	return ""
}
