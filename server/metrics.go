package server

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"pattarai/sandbox/check"
	"pattarai/sandbox/pool"
	"pattarai/server/labs"
	"pattarai/server/submit"
)

// metrics are the numbers of GET /metrics. Labels are routes, states and verdicts,
// never learners or lessons: those have no bound.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	starts   prometheus.Histogram
	labEnds  *prometheus.CounterVec
	grades   *prometheus.HistogramVec
	quizzes  *prometheus.CounterVec

	mu    sync.RWMutex
	known map[series]prometheus.Observer // Looking a series up by its labels costs more than a page.
}

// series is one request histogram.
type series struct {
	route  string
	status int
}

func newMetrics(version string) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "pattarai_http_request_seconds", Help: "How long requests took.", Buckets: []float64{.001, .005, .02, .1, .5, 2, 10},
		}, []string{"route", "status"}),
		starts: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "pattarai_lab_start_seconds", Help: "From the request for a lab to all its nodes healthy.", Buckets: []float64{.1, .25, .5, 1, 2, 4, 8, 16, 32, 64},
		}),
		labEnds: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "pattarai_lab_ends_total", Help: "Labs that ended or failed."}, []string{"state"}),
		grades: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "pattarai_check_seconds", Help: "How long graded runs took, by verdict; ungraded ones failed on our side.", Buckets: []float64{.1, .5, 1, 2, 5, 10, 30, 60, 300},
		}, []string{"verdict"}),
		quizzes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "pattarai_quiz_answers_total", Help: "Answers to quiz items."}, []string{"verdict"}),
		known:   make(map[series]prometheus.Observer),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "pattarai_build_info", Help: "Always 1; the label tells the version.", ConstLabels: prometheus.Labels{"version": version}})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.starts, m.labEnds, m.grades, m.quizzes, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// request hears of every request that was answered.
func (m *metrics) request(route string, status int, took time.Duration) {
	key := series{route, status}
	m.mu.RLock()
	observer := m.known[key]
	m.mu.RUnlock()
	if observer == nil {
		observer = m.requests.WithLabelValues(route, strconv.Itoa(status))
		m.mu.Lock()
		m.known[key] = observer
		m.mu.Unlock()
	}
	observer.Observe(took.Seconds())
}

// watchPool adds what the pool counts.
func (m *metrics) watchPool(p *pool.Pool) {
	gauge := func(name, help string, value func(pool.Stats) float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return value(p.Stats()) }))
	}
	gauge("pattarai_pool_labs", "Labs that have room.", func(s pool.Stats) float64 { return float64(s.Labs) })
	gauge("pattarai_pool_waiting", "Labs that wait in line for room.", func(s pool.Stats) float64 { return float64(s.Waiting) })
	gauge("pattarai_pool_used_bytes", "Memory promised to labs.", func(s pool.Stats) float64 { return float64(s.Used) })
	gauge("pattarai_pool_memory_bytes", "Memory that can be promised to labs.", func(s pool.Stats) float64 { return float64(s.Memory) })
}

// watchLabs adds the labs by state, counted when asked.
func (m *metrics) watchLabs(store labs.Store) { m.registry.MustRegister(labStates{store}) }

// labStates counts open labs by state.
type labStates struct{ store labs.Store }

var labsDesc = prometheus.NewDesc("pattarai_labs", "Labs that are not over, by state.", []string{"state"}, nil)

// Describe implements prometheus.Collector.
func (labStates) Describe(out chan<- *prometheus.Desc) { out <- labsDesc }

// Collect implements prometheus.Collector.
func (l labStates) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	open, err := l.store.Labs(ctx, true)
	if err != nil {
		out <- prometheus.NewInvalidMetric(labsDesc, err)
		return
	}
	counts := map[labs.State]int{labs.Queued: 0, labs.Creating: 0, labs.Running: 0, labs.Ending: 0}
	for _, r := range open {
		counts[r.State]++
	}
	for state, n := range counts {
		out <- prometheus.MustNewConstMetric(labsDesc, prometheus.GaugeValue, float64(n), string(state))
	}
}

// observedLabs is a store whose news of labs are counted.
type observedLabs struct {
	labs.Store
	m *metrics
}

// UpdateLab implements labs.Store.
func (o observedLabs) UpdateLab(ctx context.Context, r labs.Record) error {
	err := o.Store.UpdateLab(ctx, r)
	if err != nil {
		return err
	}
	switch r.State {
	case labs.Running:
		if r.Took > 0 && r.Started.Equal(r.Active) {
			o.m.starts.Observe(r.Took.Seconds())
		}
	case labs.Ended, labs.Failed:
		o.m.labEnds.WithLabelValues(string(r.State)).Inc()
	case labs.Queued, labs.Creating, labs.Ending:
	}
	return nil
}

// observedSubmissions is a store whose verdicts are counted.
type observedSubmissions struct {
	submit.Store
	m *metrics
}

// InsertSubmission implements submit.Store.
func (o observedSubmissions) InsertSubmission(ctx context.Context, s submit.Submission) (submit.Submission, bool, error) {
	stored, fresh, err := o.Store.InsertSubmission(ctx, s)
	if err == nil && fresh && s.Kind == submit.KindQuiz {
		o.m.quizzes.WithLabelValues(string(stored.Verdict)).Inc()
	}
	return stored, fresh, err
}

// FinishSubmission implements submit.Store.
func (o observedSubmissions) FinishSubmission(ctx context.Context, s submit.Submission) error {
	err := o.Store.FinishSubmission(ctx, s)
	if err == nil {
		verdict := s.Verdict
		if !s.Gradable {
			verdict = check.Verdict("ungraded")
		}
		o.m.grades.WithLabelValues(string(verdict)).Observe(s.Finished.Sub(s.Started).Seconds())
	}
	return err
}
