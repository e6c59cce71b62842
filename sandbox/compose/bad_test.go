package compose_test

import (
	"flag"
	"strings"
	"testing"

	"pattarai/lessons/problem/problemtest"
	"pattarai/sandbox/compose"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestBadInput compares every message about a faulty compose file with
// testdata/bad.golden. A text is YAML or, after "web:", lines of a service that has
// an image already.
func TestBadInput(t *testing.T) {
	problemtest.Golden(t, "testdata/bad.golden", 40, *update, func(t *testing.T, title, text string) string {
		yaml := text + "\n"
		if lines, ok := strings.CutPrefix(yaml, "web:\n"); ok {
			yaml = "services:\n  web:\n    image: python\n" + lines
		}
		topology, problems := compose.Parse(lesson(yaml), "compose.yaml", "a/b", images())
		if problems.HasErrors() != (len(topology.Nodes) == 0) {
			t.Errorf("%s: %d problems, %d nodes", title, len(problems), len(topology.Nodes))
		}
		var out strings.Builder
		for _, p := range problems {
			out.WriteString(p.String() + "\n")
		}
		return out.String()
	})
}

// TestRefusedKeys wants a reason of its own for every key of the specification
// that the subset leaves out.
func TestRefusedKeys(t *testing.T) {
	for _, key := range strings.Fields(`annotations attach blkio_config build cap_add cap_drop cgroup
		cgroup_parent configs container_name cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period
		cpu_rt_runtime cpu_shares cpuset credential_spec deploy develop device_cgroup_rules devices dns
		dns_opt dns_search domainname entrypoint env_file extends external_links extra_hosts gpus group_add
		init ipc isolation label_file labels links logging mac_address mem_reservation mem_swappiness
		memswap_limit models network_mode networks oom_kill_disable oom_score_adj pid platform ports
		post_start pre_stop privileged profiles provider pull_policy read_only restart runtime scale
		secrets security_opt shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs
		tty ulimits use_api_socket user userns_mode uts volumes_from`) {
		_, problems := compose.Parse(lesson("services:\n  web:\n    image: python\n    "+key+": x\n"), "compose.yaml", "a/b", images())
		if len(problems) != 1 || problems[0].Code != "refused" || problems[0].Line != 4 || problems[0].Col != 5 ||
			problems[0].Allowed == "" || problems[0].Fix == "" {
			t.Errorf("%s: %v", key, problems)
		}
	}
}

// TestHash changes with everything that shapes a lab, and with nothing else.
func TestHash(t *testing.T) {
	hash := func(text string) string {
		topology, problems := compose.Parse(lesson(text), "compose.yaml", "a/b", images())
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return topology.Hash
	}
	same := strings.Replace(full, "name: haproxy-weights\n", "# comment\n", 1)
	if hash(full) != hash(same) {
		t.Error("a comment changed the hash")
	}
	for _, change := range [][2]string{{"64m", "65m"}, {"8000", "8001"}, {"role: balancer", "role: service"}, {"retries: 5", "retries: 6"}, {"tier: hardened", "tier: standard"}} {
		if hash(full) == hash(strings.Replace(full, change[0], change[1], 1)) {
			t.Errorf("%s did not change the hash", change[0])
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(full)
	f.Add("services: {a: &a {<<: *a}}")
	f.Add("services:\n  web:\n    image: python\n    command: \"'\"\n    environment: {A: 1e9}\n    mem_limit: 1g\n")
	f.Fuzz(func(t *testing.T, text string) {
		topology, problems := compose.Parse(lesson(text), "compose.yaml", "a/b", images())
		for _, p := range problems {
			if p.Found == "" || p.Code == "" || p.File != "compose.yaml" {
				t.Errorf("an empty problem: %+v", p)
			}
		}
		if problems.HasErrors() {
			return
		}
		if len(topology.Nodes) == 0 || len(topology.Nodes) > compose.MaxServices {
			t.Errorf("%d nodes without a problem", len(topology.Nodes))
		}
	})
}
