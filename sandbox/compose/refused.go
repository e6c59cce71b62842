package compose

// reason says why a key of the Compose Specification is not for lessons, and what
// to do instead.
type reason struct{ why, fix string }

const (
	hostFix   = "remove it: a lab never reaches its host"
	engineFix = "remove it: the engine sets this alike for every node"
)

// refusedService returns why a key of a service is refused; ok is false for keys
// that Compose does not know either.
func refusedService(key string) (reason, bool) {
	r, ok := map[string]reason{
		"ports":       {"a port of the host would be opened", "use x-pattarai.preview, which opens the port to this learner's browser only"},
		"privileged":  {"a privileged container owns the host", hostFix},
		"cap_add":     {"kernel capabilities break the wall to the host", hostFix},
		"cap_drop":    {"every capability is dropped already", engineFix},
		"devices":     {"devices belong to the host", hostFix},
		"gpus":        {"devices belong to the host", hostFix},
		"runtime":     {"the operator chooses how strongly labs are kept apart", engineFix},
		"isolation":   {"the operator chooses how strongly labs are kept apart", engineFix},
		"platform":    {"lab images are built for the host", engineFix},
		"user":        {"every node runs as a user without rights", engineFix},
		"group_add":   {"groups of the host give access to its files", hostFix},
		"read_only":   {"every root file system is read-only already", engineFix},
		"init":        {"the agent is every node's first process already", engineFix},
		"tty":         {"the agent makes the terminals", engineFix},
		"stdin_open":  {"the agent makes the terminals", engineFix},
		"logging":     {"the engine bounds every log", engineFix},
		"labels":      {"labels are how the engine finds its containers", engineFix},
		"label_file":  {"labels are how the engine finds its containers", engineFix},
		"annotations": {"annotations steer the container runtime", engineFix},

		"network_mode": {"the host's or another container's network would be shared", "remove it: every lab has one private network and its nodes find each other by name"},
		"networks":     {"a lab has exactly one private network", "remove it: nodes find each other by name"},
		"links":        {"nodes find each other by name", "remove it"},
		"external_links": {"other people's containers would be reached",
			"remove it, and add the service to this file"},
		"extra_hosts":    {"addresses outside the lab cannot be reached", "remove it: nodes find each other by name"},
		"dns":            {"a lab resolves only its own nodes", "remove it: nodes find each other by name"},
		"dns_search":     {"a lab resolves only its own nodes", "remove it: nodes find each other by name"},
		"dns_opt":        {"a lab resolves only its own nodes", "remove it: nodes find each other by name"},
		"mac_address":    {"the engine assigns addresses", engineFix},
		"domainname":     {"a node's name is its service's name", "remove it"},
		"container_name": {"many learners run this lesson at once", "remove it: the node is called like its service"},

		"pid":          {"the host's processes would be seen", hostFix},
		"ipc":          {"the host's memory segments would be shared", hostFix},
		"uts":          {"the host's name would be shared", hostFix},
		"cgroup":       {"the host's control groups would be shared", hostFix},
		"userns_mode":  {"user name spaces keep root of a node apart from root of the host", hostFix},
		"security_opt": {"it could switch off seccomp or AppArmor", hostFix},
		"sysctls":      {"kernel settings are the host's", hostFix},
		"use_api_socket": {"the container engine itself would be handed over",
			hostFix},
		"cgroup_parent":       {"limits are set per node", "use mem_limit, cpus and pids_limit"},
		"device_cgroup_rules": {"devices belong to the host", hostFix},
		"credential_spec":     {"credentials of the host are not for labs", hostFix},
		"blkio_config":        {"limits of the disk are the operator's", engineFix},
		"storage_opt":         {"limits of the disk are the operator's", engineFix},
		"ulimits":             {"the engine sets them alike for every node", "use pids_limit, or remove it"},

		"volumes_from": {"other containers' files would be shared", "use volumes with ./files/NAME:/path"},
		"tmpfs":        {"memory file systems count towards the memory limit and are placed by the engine", "remove it: /tmp, /run and the folders of ./files are writable already"},
		"shm_size":     {"shared memory counts towards the memory limit", "remove it"},
		"secrets":      {"labs hold no secrets", "use environment with an example value"},
		"configs":      {"files come from the lesson's files/ folder", "use volumes with ./files/NAME:/path"},
		"env_file":     {"a file outside the topology would decide what runs", "use environment"},

		"build":       {"labs start from images that are already there", "use image with a lab image's name"},
		"entrypoint":  {"the agent is every node's first process", "use command: the agent runs it as the node's service"},
		"extends":     {"a topology is read from one file", "write the service out, or use a YAML anchor"},
		"provider":    {"programs of the host would be run", hostFix},
		"models":      {"programs of the host would be run", hostFix},
		"develop":     {"an edit reaches a service through x-pattarai.apply", "use x-pattarai.apply"},
		"post_start":  {"commands run as the service only", "put it into command or a script in files/"},
		"pre_start":   {"commands run as the service only", "put it into command or a script in files/"},
		"pre_stop":    {"commands run as the service only", "put it into command or a script in files/"},
		"profiles":    {"a lab has every node of its file", "remove it"},
		"scale":       {"every node is named", "write one service per node"},
		"deploy":      {"one host runs a lab", "use mem_limit, cpus and pids_limit"},
		"restart":     {"a service that ends is shown to the learner, not hidden by a restart", "remove it"},
		"stop_signal": {"a node is stopped by SIGTERM, then SIGKILL after two seconds", engineFix},
		"stop_grace_period": {"a node is stopped by SIGTERM, then SIGKILL after two seconds",
			engineFix},
		"pull_policy":        {"labs never pull", "remove it: the operator builds lab images beforehand"},
		"attach":             {"the engine collects the logs", engineFix},
		"oom_kill_disable":   {"a node that takes too much memory is ended", engineFix},
		"oom_score_adj":      {"labs end before the server does", engineFix},
		"mem_reservation":    {"one limit is enough", "use mem_limit"},
		"mem_swappiness":     {"labs do not swap", "use mem_limit"},
		"memswap_limit":      {"labs do not swap", "use mem_limit"},
		"cpu_count":          {"one limit is enough", "use cpus"},
		"cpu_percent":        {"one limit is enough", "use cpus"},
		"cpu_shares":         {"one limit is enough", "use cpus"},
		"cpu_period":         {"one limit is enough", "use cpus"},
		"cpu_quota":          {"one limit is enough", "use cpus"},
		"cpu_rt_period":      {"real-time scheduling could starve the host", "use cpus"},
		"cpu_rt_runtime":     {"real-time scheduling could starve the host", "use cpus"},
		"cpuset":             {"processor cores are the operator's", "use cpus"},
		"pull_refresh_after": {"labs never pull", "remove it"},
	}[key]
	return r, ok
}

// refusedTop is refusedService for the keys of the whole file.
func refusedTop(key string) (reason, bool) {
	r, ok := map[string]reason{
		"version":  {"Compose ignores it", "remove the line"},
		"networks": {"a lab has exactly one private network", "remove it: nodes find each other by name"},
		"volumes":  {"nothing of a lab outlives it", "remove it, and use ./files/NAME:/path"},
		"configs":  {"files come from the lesson's files/ folder", "use volumes with ./files/NAME:/path"},
		"secrets":  {"labs hold no secrets", "use environment with an example value"},
		"include":  {"a topology is read from one file", "write the services out"},
		"models":   {"programs of the host would be run", hostFix},
	}[key]
	return r, ok
}

// refusedHealth is refusedService for the keys of a healthcheck.
func refusedHealth(key string) (reason, bool) {
	if key == "disable" || key == "start_interval" {
		return reason{"the agent asks every 50 ms until a node is healthy, then at every interval", "remove it"}, true
	}
	return reason{}, false
}
