package server_test

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pattarai/server"
)

// TestMissedComesBack misses an item of a real lesson and opens the review a day later.
func TestMissedComesBack(t *testing.T) {
	var ahead atomic.Int64
	s, err := server.New(t.Context(), config(t), server.Options{
		Log: io.Discard, Version: "test", Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	await(t, s.URL()+"/readyz")
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	ask := func(method, path, body string) string {
		request, err := http.NewRequestWithContext(t.Context(), method, s.URL()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if body != "" {
			request.Header.Set("Content-Type", "application/json")
		}
		response, err := browser.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s %s: %d %s, %v", method, path, response.StatusCode, text, err)
		}
		return string(text)
	}
	const item = "/api/lessons/haproxy/round-robin/quiz/hx5-order"
	if got := ask("POST", item, `{"values":["a"]}`); !strings.Contains(got, `"right":false`) || !strings.Contains(got, `"next":"`) {
		t.Fatalf("a wrong answer: %s", got)
	}
	if got := ask("GET", "/api/review", ""); !strings.Contains(got, `"due":0`) {
		t.Errorf("at once: %s", got)
	}
	ahead.Store(int64(24 * time.Hour))
	if got := ask("GET", "/api/review", ""); !strings.Contains(got, `"due":1`) {
		t.Errorf("a day later: %s", got)
	}
	if got := ask("GET", "/review", ""); !strings.Contains(got, `data-quiz="hx5-order"`) {
		t.Error("the item is not on the review page")
	}
	if got := ask("POST", item, `{"values":["b"]}`); !strings.Contains(got, `"right":true`) {
		t.Errorf("remembered: %s", got)
	}
	if got := ask("GET", "/api/review", ""); !strings.Contains(got, `"due":0`) {
		t.Errorf("after it was remembered: %s", got)
	}
}
