// The pretended lab: four containers and a client, weights read from haproxy.cfg.
const starter = `# The shop's front door.
global
    log stdout format raw local0
    maxconn 2000

defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s
    option redispatch

frontend www
    bind :80
    default_backend shop

backend shop
    balance roundrobin
    option httpchk GET /health
    server app1 app1:8000 check
    server app2 app2:8000 check
    server app3 app3:8000 check
`;
const node = (name, role, image, more = {}) => ({ name, role, image, view: "", ports: [], files: null, depends_on: null, ...more });
const nodes = [
  node("client", "shell", "shell"),
  node("haproxy", "balancer", "haproxy", { view: "haproxy", files: ["haproxy.cfg"], depends_on: ["app1", "app2", "app3"], ports: [{ number: 80, name: "shop", path: "/", scheme: "http" }, { number: 8404, name: "stats", path: "/stats", scheme: "http" }] }),
  ...["app1", "app2", "app3"].map((name) => node(name, "backend", "python", { ports: [{ number: 8000, name: "", path: "/", scheme: "http" }] })),
];
const refuse = (status, code, message, fix = "") => [status, { error: { code, message, fix, request: "01MOCK" } }];
const iso = (ms = 0) => new Date(Date.now() + ms).toISOString();

export class Lab {
  constructor({ speed = 5, running = false, labs = { ok: true, message: "", fix: "" } } = {}) {
    Object.assign(this, { speed, labs, lab: null, listeners: new Set(), shells: new Map(), scrollback: new Map(), next: 1, attempt: 3, report: null, grading: "", quizzes: {} });
    this.states = new Map(nodes.map((n) => [n.name, this.state(n.name, "creating")]));
    this.files = [{ path: "haproxy.cfg", content: starter, version: 3, starter: true, saved_at: iso() }, { path: "app.py", content: "import http.server\n\n\nclass App(http.server.BaseHTTPRequestHandler):\n    def do_GET(self):\n        self.send_response(200)\n", version: 1, starter: true, saved_at: iso() }];
    this.checks = [["accepted", "HAProxy accepts your configuration", []], ["shares", "Requests follow the weights 2 : 1 : 3", ["accepted"]], ["survives", "A dead backend costs no request", ["shares"]]]
      .map(([id, title, needs]) => ({ id, title, needs, points: 1, last: null, stale: false }));
    this.traffic = { on: true, rate: 12 };
    this.totals = { app1: 0, app2: 0, app3: 0 };
    this.current = { app1: 0, app2: 0, app3: 0 };
    this.timer = setInterval(() => this.tick(), 250);
    if (running) this.begin(0);
  }

  state(name, phase, more = {}) {
    return { node: name, phase, detail: "", log: "", address: phase === "healthy" ? "10.77.0." + (nodes.findIndex((n) => n.name === name) + 2) : "", cpu: 0.04 + Math.random() * 0.2, memory: (18 + Math.random() * 20) * 2 ** 20, limit: 64 * 2 ** 20, since: iso(), took: 1.1e9, ...more };
  }

  set(name, phase, more) {
    this.states.set(name, this.state(name, phase, more));
    this.tell("node", this.states.get(name));
  }

  begin(step = 600 / this.speed) {
    this.lab = { id: "01LAB", state: step ? "creating" : "running", position: 0, estimate_ms: 1800, p95_ms: 2600, reason: "", log: "", fix: "", started_at: iso(), expires_at: iso(3600_000 - 65_000), can_extend: true, traffic: this.traffic };
    nodes.forEach((n, i) => step ? setTimeout(() => this.set(n.name, "starting"), step * (1 + i * 0.3)) : this.set(n.name, "healthy"));
    if (!step) return;
    nodes.forEach((n, i) => setTimeout(() => this.set(n.name, "healthy"), step * (2.2 + i * 0.5)));
    setTimeout(() => { this.lab = { ...this.lab, state: "running" }; this.tell("lab", this.lab); }, step * 5);
  }

  weights() {
    const found = {};
    for (const m of this.files[0].content.matchAll(/^\s*server (\w+)(.*)$/gm)) found[m[1]] = Number(/weight (\d+)/.exec(m[2])?.[1] ?? 1);
    return found;
  }

  tick() {
    if (this.lab?.state !== "running" || !this.traffic.on) return;
    const weights = this.weights();
    const up = Object.keys(weights).filter((n) => this.states.get(n)?.phase === "healthy");
    const haproxy = this.states.get("haproxy").phase === "healthy";
    const delta = {};
    const requests = [];
    for (let i = 0; i < Math.max(1, Math.round(this.traffic.rate / 4)); i++) {
      if (!haproxy || !up.length) { requests.push({ server: "", status: haproxy ? 503 : 0, micros: 300 }); continue; }
      for (const n of up) this.current[n] += weights[n];
      const pick = up.reduce((a, b) => (this.current[b] > this.current[a] ? b : a));
      this.current[pick] -= up.reduce((sum, n) => sum + weights[n], 0);
      delta[pick] = (delta[pick] ?? 0) + 1;
      this.totals[pick]++;
      requests.push({ server: pick, status: 200, micros: 900 });
    }
    const servers = Object.entries(weights).map(([name, weight]) => ({ name, status: up.includes(name) ? "UP" : "DOWN", weight, current: 0, queue: 0, total: this.totals[name], delta: delta[name] ?? 0, rate: (delta[name] ?? 0) * 4, errors: 0, sessions_ms: 1 }));
    if (haproxy) this.tell("live", { node: "haproxy", kind: "haproxy", backends: [{ name: "shop", servers }], frontends: [{ name: "www", rate: this.traffic.rate, total: 100 }], pid: this.files[0].version, uptime_s: 31 });
    this.tell("traffic", { ...this.traffic, sent: requests.length, failed: requests.filter((r) => r.status !== 200).length, p50_ms: 1.2, requests });
  }

  listen(request, response) {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" }).write("retry: 2000\n\n");
    this.listeners.add(response);
    request.on("close", () => this.listeners.delete(response));
    if (!this.lab) return;
    response.write(`event: lab\ndata: ${JSON.stringify(this.lab)}\n\n`);
    for (const state of this.states.values()) response.write(`event: node\ndata: ${JSON.stringify(state)}\n\n`);
  }

  tell(name, data) {
    for (const l of this.listeners) l.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  handle(method, rest, body) {
    const [what, id, more] = rest.split("/").map(decodeURIComponent);
    switch (what) {
      case "state": return [200, this.whole()];
      case "lab": return this.act(body.action);
      case "files": return this.save(id, body);
      case "nodes": return this.control(id, more, body);
      case "traffic": Object.assign(this.traffic, body); return [200, this.traffic];
      case "preview": return [200, { url: `/?port=${body.port}` }];
      case "check": return this.check();
      case "quiz": return this.quiz(id, body);
      case "solution": return refuse(403, "locked", "One of three tries is made.", "Check your work twice more, or pass every check.");
      case "terminals": return this.terminals(method, id, body);
      default: return refuse(404, "missing", "No such route.");
    }
  }

  whole() {
    return { now: iso(), learner: { id: "me", name: "", guest: true }, labs: this.labs, lab: this.lab && { ...this.lab, nodes: [...this.states.values()] }, files: this.files, checks: this.checks, report: this.report, running: this.grading, quizzes: this.quizzes, items: { "hx9-q1": { order: ["c", "b", "a"] }, "hx9-q2": { order: ["b", "c", "a"] } },
      topology: { nodes }, shell: "client", edit: this.files.map((f) => f.path), preview: true };
  }

  act(action) {
    if (!this.labs.ok) return refuse(503, "no_engine", this.labs.message, this.labs.fix);
    if (action === "start" && !this.lab) this.begin();
    if (action === "extend") this.lab = { ...this.lab, expires_at: iso(3600_000), can_extend: false };
    if (action === "restart" || action === "reset") this.begin();
    if (action === "reset") this.files[0] = { ...this.files[0], content: starter, version: this.files[0].version + 1 };
    if (action === "end") { this.lab = { ...this.lab, state: "ended", reason: "" }; setTimeout(() => { this.lab = null; }, 50); }
    this.tell("lab", this.lab);
    return [202, this.lab];
  }

  save(name, { content, version, apply }) {
    const file = this.files.find((f) => f.path === name);
    if (version !== file.version) return [409, { ...refuse(409, "file_changed", "Another tab saved this file first.")[1], file }];
    Object.assign(file, { content, version: version + 1, saved_at: iso(), starter: false });
    const bad = content.split("\n").findIndex((l) => /wieght|blance/.test(l)) + 1;
    const message = `unknown keyword '${/wieght|blance/.exec(content)?.[0]}'`;
    const diagnostics = bad ? [{ file: name, line: bad, severity: "error", message }] : [];
    const output = bad ? `[ALERT] (12) : config : parsing [/etc/haproxy/haproxy.cfg:${bad}] : ${message}\n[ALERT] (12) : config : Error(s) found in configuration file\n` : "Configuration file is valid\n";
    return [200, { version: file.version, saved_at: file.saved_at, applied: apply ? { accepted: !bad, nodes: ["haproxy"], output, diagnostics, took: 4.2e7 } : null }];
  }

  control(name, _, { action }) {
    const phase = { kill: "stopped", stop: "stopped", start: "healthy", pause: "paused", unpause: "healthy" }[action];
    this.set(name, phase, { detail: phase === "stopped" ? "killed by you" : "" });
    return [202, {}];
  }

  check() {
    this.attempt++;
    this.grading = `r${this.attempt}`;
    const shares = { app1: 198, app2: 205, app3: 197 };
    const expected = { app1: 2 / 6, app2: 1 / 6, app3: 3 / 6 };
    const good = this.files[0].content.includes("weight 3");
    const bars = Object.entries(shares).map(([label, count]) => ({ label, count: good ? expected[label] * 600 : count, observed: good ? expected[label] : count / 600, expected: expected[label], ok: good || label === "app1" }));
    const results = [
      { id: "accepted", status: "passed", expected: "exit status 0", observed: "exit status 0", output: "Configuration file is valid\n" },
      { id: "shares", status: good ? "passed" : "failed", expected: "app1 : app2 : app3 = 2 : 1 : 3, within 3 %, of 600 requests", observed: good ? "app1 200, app2 100, app3 300 of 600" : "app1 198, app2 205, app3 197 of 600", bars, reasons: good ? [] : ["app2 got 34.2 % of the requests; 16.7 % was expected, and at most 19.7 % is allowed."], try_it: "for i in $(seq 60); do curl -s http://haproxy/; done | sort | uniq -c", help: "The weight stands on each server line." },
      { id: "survives", status: good ? "passed" : "skipped", observed: good ? "0 of 200 requests failed" : "" },
    ];
    results.forEach((r, i) => {
      const whole = { title: this.checks[i].title, points: r.status === "passed" ? 1 : 0, max_points: 1, took: 4e8, ...r };
      setTimeout(() => this.tell("check", { ...whole, status: "running", bars: [], reasons: [], output: "" }), (100 + i * 700) / this.speed);
      setTimeout(() => { Object.assign(this.checks[i], { last: whole, stale: false }); this.tell("check", whole); }, (600 + i * 700) / this.speed);
    });
    setTimeout(() => {
      this.report = { id: "r4", url: "/reports/r4", verdict: good ? "passed" : "failed", gradable: true, attempt: this.attempt, points: good ? 3 : 1, max_points: 3 };
      this.grading = "";
      this.tell("report", this.report);
    }, 2800 / this.speed);
    return [202, { id: this.grading, url: "/reports/r5", attempt: this.attempt }];
  }

  quiz(id, { values }) {
    const right = values.includes("b");
    const tries = (this.quizzes[id]?.tries ?? 0) + 1;
    const feedback = Object.fromEntries(values.map((v) => [v, right ? "<p>Yes: 3 of 2 + 1 + 3.</p>" : "<p>Count the parts, not the servers.</p>"]));
    const score = { tries, right, points: right ? 1 : 0, max_points: 1, feedback, parts: id.endsWith("q3") ? values.map((v) => v === "1") : undefined };
    if (!right && tries > 2) score.solution = "<ul><li>Half: 3 of 6</li></ul>";
    this.quizzes[id] = { ...score, values };
    return [200, { ...score, next: right ? undefined : "2026-11-24T00:00:00Z" }];
  }

  terminals(method, id, { node: on, id: known }) {
    if (method === "GET") return [200, [...this.shells].map(([id, node]) => ({ id, node, running: true }))];
    if (method === "DELETE") { this.shells.delete(id); return [204, undefined]; }
    const name = known ?? `t${this.next++}`;
    if (known && !this.shells.has(known)) return refuse(404, "no_terminal", "This terminal has ended.");
    if (!known) this.shells.set(name, on);
    return [200, { id: name, node: this.shells.get(name), ticket: name }];
  }

  attach(ws, id) {
    const prompt = `\x1b[1;32mlearner@${this.shells.get(id)}\x1b[0m:\x1b[1;34m~\x1b[0m$ `;
    if (!this.scrollback.has(id)) this.scrollback.set(id, `\x1b]52;c;c3RvbGVu\x07${prompt}`);
    ws.send(Buffer.from(this.scrollback.get(id)));
    const say = (text) => { this.scrollback.set(id, (this.scrollback.get(id) + text).slice(-20000)); ws.send(Buffer.from(text)); };
    let line = "";
    ws.on("message", (data, binary) => {
      if (!binary) return;
      for (const c of data.toString()) {
        if (c === "\r") {
          if (line.trim() === "exit") { this.shells.delete(id); ws.send(JSON.stringify({ exit: 0 })); ws.close(); return; }
          say("\r\n" + (line.includes("curl") ? "      2 app1\r\n      1 app2\r\n      3 app3\r\n" : line.trim() ? `${line.trim()}\r\n` : "") + prompt);
          line = "";
        } else { line += c; say(c); }
      }
    });
  }

  close() {
    clearInterval(this.timer);
    for (const l of this.listeners) l.end();
  }
}
