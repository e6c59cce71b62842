package server_test

import (
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pattarai/server/admin"
	"pattarai/server/regrade"
)

// writeQuiz makes a course with one question, whose right answer is b or a.
func writeQuiz(t *testing.T, dir, right string) {
	t.Helper()
	mark := func(option string) string {
		if option == right {
			return "x"
		}
		return " "
	}
	for name, text := range map[string]string{
		"demo/course.yaml": "title: {en: Demo}\nsummary: {en: A course.}\norder: 1\nlanguages: [en]\n",
		"demo/01-one/lesson.md": "---\ntitle: One\nsummary: One.\nminutes: 1\nlevel: beginner\n---\n\nText.\n\n### Which?\n\n<!-- q:single id=q1 -->\n\n" +
			"- [" + mark("a") + "] left\n- [" + mark("b") + "] right\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRegradeOfAMendedQuestion answers a question whose key is wrong, mends it, and
// has a running server grade the answer again.
func TestRegradeOfAMendedQuestion(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	dir := t.TempDir()
	cfg.Content = []string{dir}
	writeQuiz(t, dir, "a")
	url, _, stop := start(t, cfg)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	if answer := post(t, client, url+"/api/lessons/demo/one/quiz/q1", `{"values": ["b"]}`); !strings.Contains(answer, `"right":false`) {
		t.Fatalf("answered: %s", answer)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	writeQuiz(t, dir, "b")
	start(t, cfg)
	asking := admin.Open(cfg.Data)
	defer asking.Close()
	proposed, err := asking.Propose(t.Context(), regrade.Regrade{Lesson: "demo/one", Exercise: "q1"})
	if err != nil {
		t.Fatal(err)
	}
	job := regraded(t, asking, proposed.ID)
	if len(job.Items) != 1 || job.Items[0].Change != regrade.Gain {
		t.Fatalf("proposed: %+v", job)
	}
	outcome, err := asking.Apply(t.Context(), proposed.ID, nil)
	if err != nil || len(outcome.Applied) != 1 {
		t.Fatalf("applied: %+v, %v", outcome, err)
	}
	if job = regraded(t, asking, proposed.ID); job.Items[0].State != regrade.Applied || job.Items[0].Old.Points != 0 || job.Items[0].New.Points != 1 {
		t.Errorf("after it was applied: %+v", job.Items[0])
	}
	if _, err := asking.Propose(t.Context(), regrade.Regrade{Lesson: "demo/one", Exercise: "q2"}); err == nil || !strings.Contains(err.Error(), "no exercise") {
		t.Errorf("an exercise that is not there: %v", err)
	}
}

func regraded(t *testing.T, asking *admin.Client, id string) admin.Job {
	t.Helper()
	for {
		job, err := asking.Job(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if job.Items[0].State != regrade.Waiting {
			return job
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func post(t *testing.T, client *http.Client, url, body string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer := new(strings.Builder)
	if err := response.Write(answer); err != nil {
		t.Fatal(err)
	}
	return answer.String()
}
