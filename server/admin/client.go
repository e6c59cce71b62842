package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"path/filepath"
	"syscall"
	"time"

	"pattarai/server/fault"
	"pattarai/server/regrade"
)

const (
	answerTime = time.Minute
	maxAnswer  = 256 << 20
)

// Client asks the server that uses a data folder.
type Client struct {
	data string
	http *http.Client
}

// Open returns a client for the server that uses a data folder.
func Open(data string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(data, socketName))
	}
	return &Client{data: data, http: &http.Client{Transport: &http.Transport{DialContext: dial}, Timeout: answerTime}}
}

// Close ends its connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Quarantined are the submissions that could not be graded.
func (c *Client) Quarantined(ctx context.Context) ([]regrade.Quarantined, error) {
	return ask[[]regrade.Quarantined](ctx, c, http.MethodGet, "/quarantine", nil)
}

// Regrades are the newest regrades.
func (c *Client) Regrades(ctx context.Context) ([]regrade.Regrade, error) {
	return ask[[]regrade.Regrade](ctx, c, http.MethodGet, "/regrades", nil)
}

// Propose begins a regrade.
func (c *Client) Propose(ctx context.Context, r regrade.Regrade) (regrade.Regrade, error) {
	return ask[regrade.Regrade](ctx, c, http.MethodPost, "/regrades", r)
}

// Job is a regrade as it stands.
func (c *Client) Job(ctx context.Context, id string) (Job, error) {
	return ask[Job](ctx, c, http.MethodGet, "/regrades/"+id, nil)
}

// Apply makes the proposed grades those that count.
func (c *Client) Apply(ctx context.Context, id string, allowLower []string) (regrade.Outcome, error) {
	return ask[regrade.Outcome](ctx, c, http.MethodPost, "/regrades/"+id+"/apply", Approval{allowLower})
}

// ask sends a request. What the server refuses comes back as its fault.
func ask[T any](ctx context.Context, c *Client, method, path string, with any) (T, error) {
	var answer T
	content, err := json.Marshal(with)
	if err != nil {
		return answer, err
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://admin"+path, bytes.NewReader(content))
	if err != nil {
		return answer, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return answer, c.unreachable(err)
	}
	defer response.Body.Close()
	decoder := json.NewDecoder(http.MaxBytesReader(nil, response.Body, maxAnswer))
	if response.StatusCode != http.StatusOK {
		var p problem
		if err := decoder.Decode(&p); err != nil {
			return answer, fmt.Errorf("the server answered %s: %w", response.Status, err)
		}
		return answer, fault.New(p.Kind, p.Code, p.Message, p.Fix)
	}
	return answer, decoder.Decode(&answer)
}

// unreachable says that no server answers.
func (c *Client) unreachable(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("no server runs with the data folder %s; start it, or name its folder with --data", c.data)
	}
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("the server of %s belongs to somebody else: %w; run this as the user that runs it", c.data, err)
	}
	return err
}
