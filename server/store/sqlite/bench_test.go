package sqlite_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pattarai/server/account"
	"pattarai/server/store/sqlite"
	"pattarai/server/submit"
)

// insertNaively is the store's own statement. What the store is compared with runs it
// in a transaction per request, on the same file, as durable, with a pool of connections.
const insertNaively = `
	INSERT INTO submissions (id, learner_id, lesson, item, kind, key, content_hash, checks_hash,
		state, verdict, gradable, points, max_points, received_at, started_at, finished_at,
		images, answer, report, score, files, digest, attempt)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
		(SELECT 1 + COALESCE(MAX(attempt), 0) FROM submissions WHERE learner_id = $2 AND lesson = $3 AND item = $4 AND attempt > 0))
	ON CONFLICT (learner_id, lesson, item, key) WHERE key <> '' DO NOTHING
	ON CONFLICT (learner_id, lesson, item, digest) WHERE state <> 'done' AND digest <> '' DO NOTHING`

// BenchmarkSubmissionsOverHTTP hands in submissions of 500 bytes over HTTP, in turns
// with group commit and with one transaction per request. It reports the rates, how
// many times faster group commit is, and its 99th percentile as a fraction of the
// other's.
//
//	go test ./server/store/sqlite -run '^$' -bench HTTP -benchtime 5x
func BenchmarkSubmissionsOverHTTP(b *testing.B) {
	for _, clients := range []int{16, 128} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) { compare(b, clients) })
	}
}

func compare(b *testing.B, clients int) {
	path := filepath.Join(b.TempDir(), "p.db")
	s := open(b, path)
	if err := s.CreateLearner(b.Context(), account.Learner{ID: "ann"}, []byte("ann"), time.Now()); err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open("sqlite", sqlite.DSN(path)+"&_txlock=immediate")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(8)
	group := &side{name: "group", insert: func(ctx context.Context, sub submit.Submission) error {
		_, _, err := s.InsertSubmission(ctx, sub)
		return err
	}}
	naive := &side{name: "naive", insert: func(ctx context.Context, sub submit.Submission) error { return transact(ctx, db, sub) }}
	for _, side := range []*side{group, naive} {
		server := httptest.NewServer(side)
		defer server.Close()
		side.url = server.URL
	}
	for b.Loop() {
		for _, side := range []*side{group, naive} {
			side.round(b, clients, time.Second)
		}
	}
	if b.Failed() {
		return
	}
	for _, side := range []*side{group, naive} {
		side.verify(b, db)
		b.ReportMetric(side.rate(), side.name+"-rows/s")
		b.ReportMetric(float64(side.p99().Microseconds())/1000, side.name+"-p99-ms")
	}
	b.ReportMetric(group.rate()/naive.rate(), "x-rate")
	b.ReportMetric(float64(group.p99())/float64(naive.p99()), "x-p99")
	b.ReportMetric(0, "ns/op")
}

// transact is one request of the naive kind.
func transact(ctx context.Context, db *sql.DB, sub submit.Submission) error {
	documents := make([]any, 5)
	for i, part := range []any{sub.Images, sub.Answer, sub.Report, sub.Score, sub.Files} {
		text, err := json.Marshal(part)
		if err != nil {
			return err
		}
		documents[i] = text
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	values := append([]any{
		sub.ID, sub.Learner, sub.Lesson, sub.Item, string(sub.Kind), sub.Key, sub.ContentHash, sub.ChecksHash,
		string(sub.State), string(sub.Verdict), sub.Gradable, sub.Points, sub.MaxPoints, sub.Received.UnixMicro(), 0, 0,
	}, append(documents, sub.Digest)...)
	if _, err := tx.ExecContext(ctx, insertNaively, values...); err != nil {
		return err
	}
	return tx.Commit()
}

// side is one of the two that are compared: a server and what its clients saw.
type side struct {
	name   string
	insert func(context.Context, submit.Submission) error
	url    string
	next   atomic.Int64

	mu           sync.Mutex
	acknowledged []string
	took         []time.Duration
	time         time.Duration
}

// ServeHTTP stores a submission and answers with its id once it is durable.
func (s *side) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var files map[string][]byte
	if err := json.NewDecoder(r.Body).Decode(&files); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	sub := example("ann", fmt.Sprintf("%s-%d", s.name, s.next.Add(1)))
	sub.Files = files
	if err := s.insert(r.Context(), sub); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	io.WriteString(w, sub.ID)
}

// round has clients submit one after the other for a while.
func (s *side) round(b *testing.B, clients int, long time.Duration) {
	b.Helper()
	body, err := json.Marshal(example("", "").Files)
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			if err := s.client(body, began.Add(long)); err != nil {
				b.Error(err)
			}
		})
	}
	all.Wait()
	s.time += time.Since(began)
}

// client hands in one submission after the other on a connection of its own. It is
// as light as it can be, so that the servers have the processors.
func (s *side) client(body []byte, until time.Time) error {
	address := strings.TrimPrefix(s.url, "http://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	request := fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", address, len(body), body)
	answers := bufio.NewReader(conn)
	for time.Now().Before(until) {
		if err := s.submit(conn, answers, request); err != nil {
			return err
		}
	}
	return nil
}

func (s *side) submit(conn net.Conn, answers *bufio.Reader, request []byte) error {
	began := time.Now()
	if _, err := conn.Write(request); err != nil {
		return err
	}
	id, err := readAnswer(answers)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acknowledged = append(s.acknowledged, id)
	s.took = append(s.took, time.Since(began))
	return nil
}

// readAnswer reads what a short answer of 200 says. It understands just enough HTTP for
// the two servers above.
func readAnswer(answers *bufio.Reader) (string, error) {
	status, length := "", 0
	for {
		line, err := answers.ReadSlice('\n')
		if err != nil {
			return "", err
		}
		line = bytes.TrimSuffix(line, []byte("\r\n"))
		if len(line) == 0 {
			break
		}
		if status == "" {
			status = string(line)
		}
		if size, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(size)); err != nil {
				return "", err
			}
		}
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(answers, body); err != nil {
		return "", err
	}
	if status != "HTTP/1.1 200 OK" {
		return "", fmt.Errorf("%s: %s", status, body)
	}
	return string(body), nil
}

func (s *side) rate() float64 { return float64(len(s.acknowledged)) / s.time.Seconds() }

func (s *side) p99() time.Duration {
	slices.Sort(s.took)
	return s.took[len(s.took)*99/100]
}

// verify fails unless every acknowledged row is there.
func (s *side) verify(b *testing.B, db *sql.DB) {
	b.Helper()
	rows, err := db.Query(`SELECT id FROM submissions`)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	there := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			b.Fatal(err)
		}
		there[id] = true
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	for _, id := range s.acknowledged {
		if !there[id] {
			b.Errorf("%s was acknowledged and is not there", id)
		}
	}
}
