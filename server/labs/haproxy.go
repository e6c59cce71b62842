package labs

import (
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// parseStat reads what HAProxy answers to "show stat": comma-separated values with
// the names of the columns in the first line. Columns are found by name, so that
// other versions of HAProxy are read too.
func parseStat(text string) (frontends []Frontend, backends []Backend, err error) {
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "# "))).ReadAll()
	if err != nil {
		return nil, nil, fmt.Errorf("statistics are not comma-separated values: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil, errors.New("statistics are empty")
	}
	columns := map[string]int{}
	for i, name := range rows[0] {
		columns[name] = i
	}
	if _, ok := columns["svname"]; !ok {
		return nil, nil, fmt.Errorf("statistics begin with %.40q instead of column names", text)
	}
	for _, fields := range rows[1:] {
		row := statRow{columns, fields}
		switch row.text("svname") {
		case "FRONTEND":
			frontends = append(frontends, row.frontend())
		case "BACKEND":
			backends = addTo(backends, row.text("pxname"))
		default:
			backends = addTo(backends, row.text("pxname"), row.server())
		}
	}
	// A proxy that is both ("listen") without servers, as a statistics page, is no group of servers.
	backends = slices.DeleteFunc(backends, func(b Backend) bool { return len(b.Servers) == 0 })
	return frontends, backends, nil
}

// addTo adds servers to the backend of that name, making it when needed.
func addTo(backends []Backend, name string, servers ...Server) []Backend {
	i := slices.IndexFunc(backends, func(b Backend) bool { return b.Name == name })
	if i < 0 {
		i = len(backends)
		backends = append(backends, Backend{Name: name})
	}
	backends[i].Servers = append(backends[i].Servers, servers...)
	return backends
}

// statRow is a line of the statistics.
type statRow struct {
	columns map[string]int
	fields  []string
}

func (r statRow) text(column string) string {
	i, ok := r.columns[column]
	if !ok {
		return ""
	}
	return r.fields[i]
}

// number is 0 for a field that is empty or missing.
func (r statRow) number(column string) int64 {
	n, err := strconv.ParseInt(r.text(column), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// frontend counts requests where HAProxy speaks HTTP, connections elsewhere.
func (r statRow) frontend() Frontend {
	if r.text("mode") == "http" {
		return Frontend{Name: r.text("pxname"), Rate: int(r.number("req_rate")), Total: r.number("req_tot")}
	}
	return Frontend{Name: r.text("pxname"), Rate: int(r.number("rate")), Total: r.number("stot")}
}

func (r statRow) server() Server {
	return Server{
		Name:    r.text("svname"),
		Status:  r.text("status"),
		Weight:  int(r.number("weight")),
		Current: int(r.number("scur")),
		Queue:   int(r.number("qcur")),
		Total:   r.number("stot"),
		Rate:    int(r.number("rate")),
		Errors:  r.number("econ") + r.number("eresp"),
		Millis:  float64(r.number("rtime")),
	}
}

// parseInfo reads process id and uptime from what HAProxy answers to "show info".
func parseInfo(text string) (pid, uptime int, err error) {
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch name {
		case "Pid":
			pid, err = strconv.Atoi(value)
		case "Uptime_sec":
			uptime, err = strconv.Atoi(value)
		}
		if err != nil {
			return 0, 0, fmt.Errorf("process information: %w", err)
		}
	}
	if pid == 0 {
		return 0, 0, fmt.Errorf("process information begins with %.40q and names no process", text)
	}
	return pid, uptime, nil
}

// withDeltas sets every server's Delta: what was added to Total since before. After
// a reload the totals begin again, and so do the deltas; without a before they are 0.
func withDeltas(now, before *Live) {
	if before == nil {
		return
	}
	totals := map[[2]string]int64{}
	if now.PID == before.PID {
		for _, b := range before.Backends {
			for _, s := range b.Servers {
				totals[[2]string{b.Name, s.Name}] = s.Total
			}
		}
	}
	for _, b := range now.Backends {
		for i := range b.Servers {
			s := &b.Servers[i]
			s.Delta = s.Total
			if earlier := totals[[2]string{b.Name, s.Name}]; earlier <= s.Total {
				s.Delta -= earlier
			}
		}
	}
}
