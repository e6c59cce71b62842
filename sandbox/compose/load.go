package compose

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"

	"pattarai/sandbox"
)

// load has compose-go read a file that the walk found nothing wrong with. It sees
// no environment, no other files and no network.
func load(fsys fs.FS, file string) (*types.Project, error) {
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, err
	}
	return loader.LoadWithContext(context.Background(), types.ConfigDetails{
		WorkingDir:  "/lesson",
		ConfigFiles: []types.ConfigFile{{Filename: file, Content: data}},
		Environment: types.Mapping{},
	}, func(o *loader.Options) {
		o.SetProjectName("lesson", true)
		o.SkipExtends, o.SkipInclude = true, true
		o.SkipResolveEnvironment = true
		o.ResolvePaths = false
		o.SkipNormalization = true // It would add the default network and check its services.
	})
}

// oneLine is an error of compose-go without line breaks.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// convert makes the topology of what compose-go read and what the walk kept.
func convert(name string, project *types.Project, least sandbox.Tier, services []service) sandbox.Topology {
	t := sandbox.Topology{Name: name, Tier: least}
	for _, s := range services {
		t.Nodes = append(t.Nodes, node(project.Services[s.name], s))
	}
	t.Hash = hash(t)
	return t
}

// hash is taken over everything that shapes the lab, so that one made from another
// version of the file is never taken for this one.
func hash(t sandbox.Topology) string {
	data, err := json.Marshal(t.Nodes)
	if err != nil {
		panic(err) // Plain values always marshal.
	}
	sum := sha256.Sum256(append([]byte("topology 1\n"+string(t.Tier)), data...))
	return hex.EncodeToString(sum[:])
}

func node(c types.ServiceConfig, s service) sandbox.Node {
	return sandbox.Node{
		Name:      s.name,
		Image:     s.image,
		Role:      s.extension.role,
		Command:   c.Command,
		Env:       environment(c.Environment),
		Dir:       c.WorkingDir,
		Files:     s.files,
		DependsOn: dependencies(c.DependsOn, s.dependsOn),
		Health:    health(c.HealthCheck),
		Ports:     ports(c.Expose, s.extension.preview),
		Limits:    sandbox.Limits{Memory: int64(c.MemLimit), CPUs: s.cpus, Pids: c.PidsLimit},
		Apply:     s.extension.apply,
		View:      s.extension.view,
	}
}

func environment(env types.MappingWithEquals) map[string]string {
	if len(env) == 0 {
		return nil
	}
	out := make(map[string]string, len(env))
	for k, v := range env {
		if v != nil {
			out[k] = *v
		}
	}
	return out
}

// dependencies keeps the author's order, which compose-go's map has lost.
func dependencies(read types.DependsOnConfig, order []string) []sandbox.Dependency {
	var out []sandbox.Dependency
	for _, name := range order {
		out = append(out, sandbox.Dependency{Node: name, Healthy: read[name].Condition == types.ServiceConditionHealthy})
	}
	return out
}

// Defaults of a health check, for the keys its author left out. They are closer
// together than Compose's own, because a learner waits.
const (
	healthInterval    = 2 * time.Second
	healthTimeout     = 2 * time.Second
	healthStartPeriod = 20 * time.Second
	healthRetries     = 3
)

func health(h *types.HealthCheckConfig) *sandbox.Health {
	if h == nil || h.Disable || len(h.Test) == 0 {
		return nil
	}
	out := &sandbox.Health{
		Interval: healthInterval, Timeout: healthTimeout,
		StartPeriod: healthStartPeriod, Retries: healthRetries,
	}
	switch h.Test[0] {
	case "CMD":
		out.Test = h.Test[1:]
	default: // "CMD-SHELL"; the walk allows no third.
		out.Test = []string{"/bin/sh", "-c", strings.Join(h.Test[1:], " ")}
	}
	setDuration(&out.Interval, h.Interval)
	setDuration(&out.Timeout, h.Timeout)
	setDuration(&out.StartPeriod, h.StartPeriod)
	if h.Retries != nil {
		out.Retries = int(*h.Retries)
	}
	return out
}

func setDuration(to *time.Duration, from *types.Duration) {
	if from != nil {
		*to = time.Duration(*from)
	}
}

// ports joins what is exposed with what may be previewed; previews come first.
func ports(expose []string, preview []sandbox.Port) []sandbox.Port {
	out := append([]sandbox.Port(nil), preview...)
	seen := map[int]bool{}
	for _, p := range preview {
		seen[p.Number] = true
	}
	for _, e := range expose {
		number, _ := strconv.Atoi(e) // The walk has read it as a number.
		if !seen[number] {
			out = append(out, sandbox.Port{Number: number, Scheme: "tcp"})
		}
	}
	return out
}
