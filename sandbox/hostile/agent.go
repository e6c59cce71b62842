package hostile

import (
	"context"
	"strings"

	"pattarai/sandbox"
)

// speak is Python that says something to a socket and tells what came back.
const speak = `
def speak(family, address, text, wait=8):
    s = socket.socket(family); s.settimeout(wait)
    try:
        s.connect(address); s.sendall(text); back = s.recv(100)
        return "hung up" if back == b"" else "answered"
    except ConnectionError: return "hung up"
    except socket.timeout: return "still open"
    except OSError as e: return errno.errorcode.get(e.errno, str(e.errno))
UNIX = (socket.AF_UNIX, "/run/pattarai/agent.sock")
`

func agentAbuse() []Abuse {
	return []Abuse{
		try("agent-own-port", "speaks to its own node's agent over TCP", speak+`print(speak(socket.AF_INET, ("127.0.0.1", 7420), b"0" * 64 + b"\n"))`, same("hung up")),
		try("agent-neighbour", "speaks to its neighbour's agent", speak+`print(speak(socket.AF_INET, ("neighbour", 7420), b"0" * 64 + b"\n"))`, same("hung up")).
			control("lab images must hold the current agent: bin/pattarai images build"),
		try("agent-probe", "speaks to the agent that the checks come from", speak+`print(speak(socket.AF_INET, ("probe", 7420), b"0" * 64 + b"\n"))`, same("hung up")).
			control("lab images must hold the current agent: bin/pattarai images build"),
		try("agent-guess", "guesses the agent's token", speak+`
print(*dict.fromkeys(speak(*UNIX, t) for t in (b"0" * 64 + b"\n", b"f" * 64 + b"\n", b"\0" * 65, b"ok\n" * 30)))`, same("hung up")),
		try("agent-silence", "connects and says nothing", speak+`print(speak(*UNIX, b""))`, same("hung up")).at("5 s until it must speak"),
		try("agent-half-token", "sends half a token and waits", speak+`print(speak(*UNIX, b"0" * 32))`, same("hung up")).at("5 s until it must speak"),
		try("agent-long-token", "sends a megabyte where the token belongs", speak+`print(speak(*UNIX, b"0" * (1 << 20)))`, same("hung up")),
		try("agent-http", "speaks HTTP to the agent", speak+`print(speak(*UNIX, b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 20 + b"\r\n"))`, same("hung up")),
		try("agent-tls", "speaks TLS to the agent", speak+`print(speak(*UNIX, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 60))`, same("hung up")),
		try("agent-connect", "starts the agent's own relay", `
p = subprocess.run(["/pattarai-agent", "connect"], input=b"0" * 64 + b"\n", capture_output=True, timeout=10)
print(len(p.stdout), "bytes")`, same("0 bytes")),
		try("agent-twice", "starts a second agent", `
p = subprocess.run(["/pattarai-agent"], capture_output=True, text=True, timeout=10)
print(p.returncode, "address already in use" in p.stderr)`, same("1 True")),
		deed("agent-crowd", "holds sixty connections to the agent; then the node is asked for something", crowdAgent, same("answers")).alone().at("64 connections, just under"),
		deed("agent-full", "holds eighty connections to the agent; then the node is asked for something", fullAgent, same("answers")).alone().at("64 connections, just over"),
		deed("agent-fake", "puts a program of its own in the place of the agent's socket; then another node is asked for something", fakeAgent, same("answers")).alone(),
	}
}

// holding keeps connections to the agent's socket while the server asks for something.
func holding(ctx context.Context, l *Lab, n string) (string, error) {
	line := `kept = []
try:
    for _ in range(` + n + `):
        s = socket.socket(socket.AF_UNIX); s.connect("/run/pattarai/agent.sock"); kept.append(s)
except OSError: pass
time.sleep(2)`
	done := make(chan error, 1)
	go func() {
		_, err := l.run(ctx, attacker, line)
		done <- err
	}()
	seen, err := answers(ctx, l.session, attacker)
	if held := <-done; held != nil {
		return "", held
	}
	return seen, err
}

func crowdAgent(ctx context.Context, l *Lab) (string, error) { return holding(ctx, l, "60") }
func fullAgent(ctx context.Context, l *Lab) (string, error)  { return holding(ctx, l, "80") }

// fakeAgent replaces the socket, which is the learner's to replace: whoever does it
// cuts the relay to that node off, and learns a token that opens nothing else.
func fakeAgent(ctx context.Context, l *Lab) (string, error) {
	seen, err := l.run(ctx, hog, `
os.rename("/run/pattarai/agent.sock", "/run/pattarai/real.sock")
s = socket.socket(socket.AF_UNIX); s.bind("/run/pattarai/agent.sock"); s.listen()
os.unlink("/run/pattarai/agent.sock"); os.rename("/run/pattarai/real.sock", "/run/pattarai/agent.sock")`)
	if err != nil || !strings.Contains(seen, "done") {
		return seen, err
	}
	for _, node := range []string{neighbour, sandbox.ProbeNode} {
		if _, err := l.session.Agent(ctx, node); err != nil {
			return "", err
		}
	}
	return answers(ctx, l.session, neighbour)
}
