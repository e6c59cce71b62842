package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	courses "pattarai/lessons/content"
	"pattarai/quizzes"
	"pattarai/sandbox/images"
	"pattarai/server/catalog"
	"pattarai/server/submit"
	"pattarai/server/web"
)

const questionsAPI = "/api/lessons/demo/questions"

type itemState struct {
	Order []string `json:"order"`
	Form  string   `json:"form"`
}

type quizState struct {
	Tries    int               `json:"tries"`
	Right    bool              `json:"right"`
	Points   float64           `json:"points"`
	Max      float64           `json:"max_points"`
	Feedback map[string]string `json:"feedback"`
	Solution string            `json:"solution"`
	Values   []string          `json:"values"`
	Next     time.Time         `json:"next"`
}

func decode[T any](t *testing.T, got answer) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(got.body), &v); err != nil || got.status != http.StatusOK {
		t.Fatalf("%d %s: %v", got.status, got.body, err)
	}
	return v
}

func (s *site) items(t *testing.T, who *http.Client) map[string]itemState {
	t.Helper()
	return decode[struct{ Items map[string]itemState }](t, s.do(t, who, "GET", questionsAPI+"/state", "")).Items
}

func (s *site) answer(t *testing.T, who *http.Client, item string, values ...string) quizState {
	t.Helper()
	body, err := json.Marshal(quizzes.Answer{Values: values})
	if err != nil {
		t.Fatal(err)
	}
	return decode[quizState](t, s.do(t, who, "POST", questionsAPI+"/quiz/"+item, string(body)))
}

var sum = regexp.MustCompile(`What is (\d+) \+ (\d+)\?`)

// TestEveryoneHasTheirOwn asks two dozen learners for the same items, twice.
func TestEveryoneHasTheirOwn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	sums, orders := map[string]bool{}, map[string]bool{}
	for range 24 {
		who := s.learner(t)
		items := s.items(t, who)
		if again := s.items(t, who); !slices.Equal(again["many"].Order, items["many"].Order) || again["sum"].Form != items["sum"].Form {
			t.Fatal("the same learner gets something else the second time")
		}
		if order := strings.Join(items["row"].Order, ""); order == rightOrder(t, s) {
			t.Error("entries to order are shown in the right order")
		}
		m := sum.FindStringSubmatch(items["sum"].Form)
		if m == nil {
			t.Fatalf("no variant in %q", items["sum"].Form)
		}
		sums[m[0]], orders[strings.Join(items["many"].Order, "")] = true, true
		var a, b int
		if _, err := fmt.Sscan(m[1]+" "+m[2], &a, &b); err != nil {
			t.Fatal(err)
		}
		wrong := s.answer(t, who, "sum", fmt.Sprint(a*b))
		if wrong.Right || !strings.Contains(wrong.Feedback[""], "You multiplied") || strings.Contains(wrong.Feedback[""], "Just add") {
			t.Errorf("a foreseen wrong answer gives %+v", wrong)
		}
		if right := s.answer(t, who, "sum", fmt.Sprint(a+b)); !right.Right || right.Tries != 2 || !strings.Contains(right.Feedback[""], "Just add") {
			t.Errorf("%d + %d gives %+v", a, b, right)
		}
	}
	if len(sums) < 4 || len(orders) < 8 {
		t.Errorf("24 learners got %d sums and %d orders", len(sums), len(orders))
	}
	if got := s.do(t, s.browser(t), "GET", "/lessons/demo/questions", ""); sum.MatchString(got.body) || strings.Contains(got.body, "74091") {
		t.Error("a variant stands on the page that is the same for all")
	}
}

func rightOrder(t *testing.T, s *site) string {
	t.Helper()
	lesson, ok := s.catalog.Current().Lesson("demo/questions")
	if !ok {
		t.Fatal("no lesson")
	}
	return strings.Join(lesson.Questions["row"].Key, "")
}

// TestTries answers wrong until the right answer is shown, and finds it all again
// after a reload.
func TestTries(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	who := s.learner(t)
	key := strings.Split(rightOrder(t, s), "")
	half := []string{key[1], key[0], key[2]}
	for try := 1; try <= submit.TriesToSolution; try++ {
		got := s.answer(t, who, "row", half...)
		if got.Right || got.Points != 0.5 || got.Max != 1 || got.Tries != try {
			t.Errorf("try %d: %+v", try, got)
		}
		if shown := got.Solution != "" || got.Feedback[""] != ""; shown != (try == submit.TriesToSolution) {
			t.Errorf("try %d: solution %q, feedback %q", try, got.Solution, got.Feedback)
		}
		if got.Next.IsZero() {
			t.Errorf("try %d: it does not come back", try)
		}
	}
	state := decode[struct{ Quizzes map[string]quizState }](t, s.do(t, who, "GET", questionsAPI+"/state", "")).Quizzes["row"]
	if state.Tries != 3 || !slices.Equal(state.Values, half) || !strings.Contains(state.Solution, "<li>one</li><li>two</li>") {
		t.Errorf("after a reload: %+v", state)
	}
	if got := s.do(t, who, "POST", questionsAPI+"/quiz/row", `{"values":["a"]}`); got.status != http.StatusBadRequest {
		t.Errorf("an answer that does not fit: %d", got.status)
	}
}

func (s *site) post(t *testing.T, who *http.Client, path string, form url.Values) answer {
	t.Helper()
	return s.do(t, who, "POST", path, form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

// TestWithoutScripts goes the way of a browser that runs none.
func TestWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	who := s.browser(t)
	const page = "/lessons/demo/questions/quiz/row"
	if got := s.do(t, who, "GET", page, ""); got.status != http.StatusOK || !strings.Contains(got.body, `name="place-a"`) || strings.Contains(got.body, "Counting") {
		t.Fatalf("%d %s", got.status, got.body)
	}
	key := strings.Split(rightOrder(t, s), "")
	form := url.Values{"value": {"a", "b", "c"}}
	for i, id := range key {
		form.Set("place-"+id, fmt.Sprint(i+1))
	}
	got := s.post(t, who, page, form)
	if got.status != http.StatusSeeOther || got.header.Get("Location") != page+"#answered" {
		t.Fatalf("%d %s %s", got.status, got.header.Get("Location"), got.body)
	}
	if got := s.do(t, who, "GET", page, ""); !strings.Contains(got.body, "Counting") || !strings.Contains(got.body, `data-status="passed"`) {
		t.Errorf("the answer is not shown: %s", got.body)
	}
	if got := s.post(t, who, page, url.Values{}); got.status != http.StatusBadRequest || !strings.Contains(got.body, `role="alert"`) {
		t.Errorf("no answer: %d", got.status)
	}
	if got := s.do(t, who, "GET", "/lessons/demo/questions/quiz/nothing", ""); got.status != http.StatusNotFound {
		t.Errorf("an unknown item: %d", got.status)
	}
	if got := s.do(t, who, "POST", page, form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site"); got.status != http.StatusForbidden {
		t.Errorf("a form of another site: %d", got.status)
	}
}

// TestReview misses an item, comes back a day later, and remembers.
func TestReview(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	stranger := s.browser(t)
	if got := s.do(t, stranger, "GET", "/review", ""); got.status != http.StatusOK || got.header.Get("Set-Cookie") != "" {
		t.Errorf("a stranger's review: %d, cookie %q", got.status, got.header.Get("Set-Cookie"))
	}
	who := s.learner(t)
	due := func() int {
		return decode[struct{ Due int }](t, s.do(t, who, "GET", "/api/review", "")).Due
	}
	s.answer(t, who, "many", "b")
	if due() != 0 || strings.Contains(s.do(t, who, "GET", "/review", "").body, "data-quiz") {
		t.Error("it is due at once")
	}
	s.clock.advance(24 * time.Hour)
	page := s.do(t, who, "GET", "/review", "").body
	if due() != 1 || !strings.Contains(page, `data-quiz="many"`) || strings.Contains(page, "last letter") {
		t.Errorf("a day later %d are due: %s", due(), page)
	}
	if progress := s.do(t, who, "GET", "/progress", "").body; !strings.Contains(progress, `href="/review">1 to review`) {
		t.Error("the progress page does not tell")
	}
	if got := s.answer(t, who, "many", "e"); !got.Right || !got.Next.After(s.clock.Now()) {
		t.Errorf("remembered: %+v", got)
	}
	if due() != 0 {
		t.Error("it is still due after it was remembered")
	}
	rate := func(rating string) answer {
		return s.post(t, who, "/review", url.Values{"lesson": {"demo/questions"}, "item": {"many"}, "rating": {rating}})
	}
	for rating, want := range map[string]int{"easy": http.StatusSeeOther, "great": http.StatusBadRequest, "": http.StatusBadRequest} {
		if got := rate(rating); got.status != want {
			t.Errorf("rating %q: %d %s", rating, got.status, got.body)
		}
	}
	if got := rate("forget"); got.status != http.StatusSeeOther {
		t.Errorf("forget: %d", got.status)
	}
	if got := rate("good"); got.status != http.StatusNotFound {
		t.Errorf("rating what was forgotten: %d", got.status)
	}
}

// TestFailedChecksComeBack shows a check's claim and the way to it.
func TestFailedChecksComeBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	who := s.learner(t)
	s.do(t, who, "POST", "/api/lessons/demo/first/quiz/demo-q1", `{"values":["a"]}`)
	id := s.learnerID(t, who)
	s.missCheck(t, id, "demo/first", "answers")
	s.missCheck(t, id, "demo/first", "gone")
	s.clock.advance(24 * time.Hour)
	page := s.do(t, who, "GET", "/review", "").body
	for _, want := range []string{"It answers", `href="/lessons/demo/first#balance"`, `data-quiz="demo-q1"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the review lacks %s", want)
		}
	}
	if got := decode[struct{ Due int }](t, s.do(t, who, "GET", "/api/review", "")).Due; got != 2 {
		t.Errorf("%d are due, want 2: a check that is gone is forgotten", got)
	}
}

// TestNoAnswerBeforeItsTime reads every page and every state of the whole catalogue
// as a learner who has answered nothing, and looks for what would tell an answer.
func TestNoAnswerBeforeItsTime(t *testing.T) {
	t.Parallel()
	all, err := catalog.Load(images.Names(), courses.FS())
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, func(o *web.Options) { o.Catalog = all })
	who, items := s.browser(t), 0
	for _, course := range all.Current().Courses {
		for _, lesson := range course.Lessons {
			for lang, text := range lesson.Texts {
				seen := s.read(t, who, "/lessons/"+lesson.ID()+"?lang="+lang) + s.read(t, who, "/api/lessons/"+lesson.ID()+"/state?lang="+lang)
				for _, id := range slices.Sorted(maps.Keys(text.Questions)) {
					items++
					q := text.Questions[id]
					seen := seen + s.read(t, who, "/lessons/"+lesson.ID()+"/quiz/"+id+"?lang="+lang)
					for what, secret := range secrets(q) {
						if strings.Contains(seen, secret) || strings.Contains(html.UnescapeString(seen), secret) {
							t.Errorf("%s %s (%s): %s is sent: %q", lesson.ID(), id, lang, what, secret)
						}
					}
				}
			}
		}
	}
	if items < 100 {
		t.Fatalf("only %d items were looked at", items)
	}
}

// secrets are what only an answer may bring: the whole of every reason.
func secrets(q quizzes.Question) map[string]string {
	out := map[string]string{}
	if q.Why != "" {
		out["the explanation"] = string(q.Why)
	}
	for _, o := range q.Options {
		if o.Why != "" {
			out["the reason of "+o.ID] = string(o.Why)
		}
	}
	for i, w := range q.Wrong {
		out[fmt.Sprint("the reason of wrong answer ", i)] = string(w.Why)
	}
	if key := strings.Join(q.Key, `","`); key != "" && q.Kind != quizzes.Match {
		out["the key as an order"] = `["` + key + `"]`
	}
	if q.Kind == quizzes.Predict {
		if output := strings.TrimSpace(q.Accept[0]); len(output) > 12 {
			out["the output"] = `>` + output
		}
	}
	return out
}

func (s *site) read(t *testing.T, who *http.Client, path string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := who.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v", path, response.StatusCode, err)
	}
	return string(body)
}

func (s *site) learnerID(t *testing.T, who *http.Client) string {
	t.Helper()
	return decode[struct{ Learner struct{ ID string } }](t, s.do(t, who, "GET", "/api/lessons/demo/first/state", "")).Learner.ID
}
