package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"pattarai/sandbox"
)

// Config is all that can be set. The tags are the command line's: a field is the
// flag of that name, and PATTARAI_<NAME> in the environment. docs/operating.md has
// the table.
type Config struct {
	Addr string `default:"127.0.0.1:8080" help:"Address and port to listen on."`
	Data string `default:"data" placeholder:"DIR" help:"Folder of the database and the installation's secret. One server at a time may use it."`

	Content  []string `placeholder:"DIR" help:"Folder of courses beside the built-in ones; a course of the same name replaces the built-in one. May be given more than once."`
	Database string   `placeholder:"FILE" help:"File of the SQLite database; pattarai.db in the data folder when empty."`
	Site     string   `default:"Pattarai" help:"Name of the installation, shown on every page."`

	BaseURL        string   `placeholder:"URL" help:"Where browsers reach this server, scheme and host only; http://localhost and the port when empty. Must be https when the host is not this machine."`
	PreviewDomain  string   `default:"localhost" placeholder:"DOMAIN" help:"Web ports of labs appear on hosts below this domain. It must not be the base URL's own domain or one of its parents. \"off\" turns previews off."`
	Hosts          []string `placeholder:"HOST" help:"More host names to answer to."`
	TrustedProxies []string `placeholder:"CIDR" help:"Reverse proxies whose X-Forwarded-For is believed."`
	Insecure       bool     `help:"Allow a base URL with http for another host than this machine. Cookies and work then travel readable."`

	Engine             string `enum:"docker,none" default:"docker" help:"Where labs run: docker, or none for lessons and quizzes only."`
	DockerHost         string `placeholder:"URL" help:"Address of the Docker engine; DOCKER_HOST or the usual socket when empty."`
	Agent              string `placeholder:"FILE" help:"The agent's binary; pattarai-agent beside this program when empty."`
	Tier               string `enum:"standard,hardened" default:"standard" help:"How labs are kept from the host: standard (hardened runc) or hardened (gVisor)."`
	AcceptSharedKernel bool   `help:"Let people whom nobody invited run programs on this machine's own kernel: a server with a public base URL refuses the standard tier without it."`
	Installation       string `default:"default" help:"Marks the containers of this server among others on the same engine."`

	MaxLabs    int           `default:"0" help:"Labs at once; 0 is as many as memory allows. Who comes later waits in line."`
	LabMemory  int           `default:"0" placeholder:"MIB" help:"Memory for all labs together; 0 is the host's less a reserve."`
	PerLearner int           `default:"2" help:"Labs at once of one learner."`
	Lifetime   time.Duration `default:"1h" help:"How long a lab lives."`
	Extend     time.Duration `default:"30m" help:"How much an extension adds."`
	Idle       time.Duration `default:"20m" help:"A lab ends when nobody did anything in it for that long. Files stay."`
	Graders    int           `default:"2" help:"Graded runs at once."`

	LogFormat string `enum:"text,json" default:"text" help:"Form of the log on standard error."`
	LogLevel  string `enum:"debug,info,warn,error" default:"info" help:"The least that is logged; info has a line for each request."`

	// Preview reloads lessons while they are written and shows their problems on the
	// page. It is a command, not a flag.
	Preview bool `kong:"-"`
}

// hostForm is a host or domain name.
var hostForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)

// Default is the configuration of a server that was told nothing.
func Default() Config {
	var c Config
	value := reflect.ValueOf(&c).Elem()
	for i := range value.NumField() {
		if text := value.Type().Field(i).Tag.Get("default"); text != "" {
			set(value.Field(i), text)
		}
	}
	return c
}

// set puts a default of a tag into a field. The tags are ours: what does not parse
// is a defect that the tests find.
func set(field reflect.Value, text string) {
	switch field.Interface().(type) {
	case string:
		field.SetString(text)
	case int:
		var n int64
		if _, err := fmt.Sscan(text, &n); err != nil {
			panic("server: default " + text + ": " + err.Error())
		}
		field.SetInt(n)
	case time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			panic("server: default " + text + ": " + err.Error())
		}
		field.SetInt(int64(d))
	}
}

// Validate says everything that is wrong, not only the first thing. Each line
// names the key, what was found, what is allowed.
func (c Config) Validate() error {
	var found []error
	add := func(ok bool, format string, args ...any) {
		if !ok {
			found = append(found, fmt.Errorf(format, args...))
		}
	}
	_, port, err := net.SplitHostPort(c.Addr)
	add(err == nil && port != "", "addr: %q is not host:port; write 127.0.0.1:8080", c.Addr)
	add(c.Data != "", "data: no folder; name one")
	add(slices.Contains([]string{"docker", "none"}, c.Engine), "engine: %q; allowed are docker and none", c.Engine)
	add(slices.Contains([]sandbox.Tier{sandbox.Standard, sandbox.Hardened}, sandbox.Tier(c.Tier)), "tier: %q; allowed are standard and hardened", c.Tier)
	add(slices.Contains([]string{"text", "json"}, c.LogFormat), "log-format: %q; allowed are text and json", c.LogFormat)
	add(new(slog.Level).UnmarshalText([]byte(c.LogLevel)) == nil, "log-level: %q; allowed are debug, info, warn and error", c.LogLevel)
	add(!strings.Contains(c.Database, "://"), "database: %q; this version keeps its data in a SQLite file: name a file", c.Database)
	add(c.MaxLabs >= 0 && c.MaxLabs <= 10_000, "max-labs: %d; allowed are 0 to 10000", c.MaxLabs)
	add(c.LabMemory == 0 || c.LabMemory >= 64, "lab-memory: %d MiB; allowed are 0 or at least 64", c.LabMemory)
	add(c.PerLearner >= 1 && c.PerLearner <= 20, "per-learner: %d; allowed are 1 to 20", c.PerLearner)
	add(c.Graders >= 1 && c.Graders <= 64, "graders: %d; allowed are 1 to 64", c.Graders)
	for name, d := range map[string]time.Duration{"lifetime": c.Lifetime, "extend": c.Extend, "idle": c.Idle} {
		add(d >= time.Minute && d <= 24*time.Hour, "%s: %s; allowed are 1m to 24h", name, d)
	}
	for _, dir := range c.Content {
		info, err := os.Stat(dir)
		add(err == nil && info.IsDir(), "content: %q is not a folder that can be read", dir)
	}
	found = append(found, c.validateNames()...)
	slices.SortFunc(found, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(found...)
}

// validateNames looks at hosts, domains and addresses.
func (c Config) validateNames() (found []error) {
	for _, host := range c.Hosts {
		if !hostForm.MatchString(host) && net.ParseIP(host) == nil {
			found = append(found, fmt.Errorf("hosts: %q is not a host name in lower case", host))
		}
	}
	for _, cidr := range c.TrustedProxies {
		if _, err := netip.ParsePrefix(cidr); err != nil {
			found = append(found, fmt.Errorf("trusted-proxies: %q is not a range of addresses; write 10.0.0.0/8", cidr))
		}
	}
	if !regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,30}$`).MatchString(c.Installation) {
		found = append(found, fmt.Errorf("installation: %q; up to 31 lower-case letters, digits and hyphens are allowed", c.Installation))
	}
	if c.PreviewDomain != "off" && !hostForm.MatchString(c.PreviewDomain) {
		found = append(found, fmt.Errorf("preview-domain: %q is not a domain in lower case without a port; \"off\" turns previews off", c.PreviewDomain))
	}
	if c.BaseURL != "" {
		found = append(found, c.validateBase()...)
	}
	return append(found, c.validateTier()...)
}

// validateTier refuses strangers' programs on the host's own kernel, unless the
// operator says in so many words that this is meant. Whoever reaches the server
// becomes a guest with a lab.
func (c Config) validateTier() []error {
	if !c.public() || c.Engine != "docker" || sandbox.Tier(c.Tier) != sandbox.Standard || c.AcceptSharedKernel {
		return nil
	}
	return []error{errors.New("tier: standard, with a base URL that others reach: anybody could run programs on this machine's own kernel, where one defect of the kernel is enough to own it; use --tier hardened (`sudo bin/pattarai doctor --fix --tier hardened` installs gVisor), or accept it with --accept-shared-kernel")}
}

// public tells whether the server says that others than this machine reach it.
func (c Config) public() bool {
	base, err := url.Parse(c.BaseURL)
	return err == nil && base.Hostname() != "" && !isLocal(base.Hostname())
}

func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

func (c Config) validateBase() (found []error) {
	base, err := url.Parse(c.BaseURL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" || base.User != nil || strings.Trim(base.Path, "/") != "" || base.RawQuery != "" || base.Fragment != "" {
		return []error{fmt.Errorf("base-url: %q; write scheme and host only, https://learn.example.org", c.BaseURL)}
	}
	host := strings.ToLower(base.Hostname())
	local := isLocal(host)
	if base.Scheme == "http" && !local && !c.Insecure {
		found = append(found, fmt.Errorf("base-url: %q needs https: logins and work would travel readable; --insecure allows it in a trusted network", c.BaseURL))
	}
	if host == c.PreviewDomain && !local || strings.HasSuffix(host, "."+c.PreviewDomain) || strings.HasSuffix(c.PreviewDomain, "."+host) && !local {
		found = append(found, fmt.Errorf("preview-domain: %q and the base URL's host %q share a domain: a page of a lab could set cookies for the lessons; use another domain or \"off\"", c.PreviewDomain, host))
	}
	return found
}

// base is the base URL; port is the one that is listened on.
func (c Config) base(port string) *url.URL {
	if c.BaseURL == "" {
		return &url.URL{Scheme: "http", Host: net.JoinHostPort("localhost", port)}
	}
	base, err := url.Parse(strings.TrimRight(c.BaseURL, "/"))
	if err != nil {
		panic("server: base URL was not validated: " + err.Error())
	}
	base.Host = strings.ToLower(base.Host)
	return base
}

func (c Config) previewDomain() string {
	if c.PreviewDomain == "off" {
		return ""
	}
	return c.PreviewDomain
}

func (c Config) proxies() []netip.Prefix {
	var list []netip.Prefix
	for _, cidr := range c.TrustedProxies {
		if p, err := netip.ParsePrefix(cidr); err == nil {
			list = append(list, p)
		}
	}
	return list
}

// LogValue implements slog.LogValuer: the effective configuration. Credentials in
// addresses are hidden.
func (c Config) LogValue() slog.Value {
	var attrs []slog.Attr
	for _, setting := range Settings() {
		text := fmt.Sprint(reflect.ValueOf(c).FieldByName(setting.field))
		if u, err := url.Parse(text); err == nil && u.User != nil {
			text = u.Redacted()
		}
		attrs = append(attrs, slog.String(setting.Flag, text))
	}
	return slog.GroupValue(attrs...)
}

// Setting is a line of the table of settings.
type Setting struct {
	Flag, Env, Default, Help string
	field                    string
}

// Settings lists what can be set, for the log and for docs/operating.md.
func Settings() []Setting {
	var list []Setting
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Tag.Get("kong") == "-" {
			continue
		}
		flag := kebab(f.Name)
		list = append(list, Setting{
			Flag: flag, Env: "PATTARAI_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_")),
			Default: f.Tag.Get("default"), Help: f.Tag.Get("help"), field: f.Name,
		})
	}
	return list
}

// kebab is a field's name as a flag: BaseURL is base-url.
func kebab(name string) string {
	words := regexp.MustCompile(`[A-Z]+(?:[a-z]+|$)|[A-Z][a-z]+`).FindAllString(name, -1)
	for i, w := range words {
		words[i] = strings.ToLower(w)
	}
	return strings.Join(words, "-")
}
