package hostile

import (
	"context"
	"fmt"
)

func network() []Abuse {
	const wall = "let doctor install the firewall rule that keeps labs from this host: sudo bin/pattarai doctor --fix"
	const inside = "no lab may be put on a network with a way out; remove foreign networks from the lab's containers"
	return []Abuse{
		try("own-neighbour", "reaches its own lab's other node, as it should", `print(reach("neighbour", 8000))`, same("open")).alone().
			control("nodes of a lab must reach each other: look at the host's bridges and their firewall rules"),
		hostStreams("host-gateway", "reaches the host at the lab's gateway", `print(reach(facts["gateway"], facts["tcp"]))`).control(wall),
		hostStreams("host-addresses", "reaches the host at any of its own addresses", `print(reach_all([(a, facts["tcp"]) for a in facts["host"]]))`).control(wall),
		hostStreams("host-bridge", "reaches the host at the engine's own bridge", `print(reach("172.17.0.1", facts["tcp"]))`),
		hostStreams("other-gateway", "reaches the host at another lab's gateway", `print(reach(facts["other_gateway"], facts["tcp"]))`),
		hostStreams("host-loopback", "reaches what listens on the host's loopback address", `print(reach("127.0.0.1", facts["tcp"]))`),
		hostStreams("host-ipv6", "reaches the host by IPv6", `
print(reach_all([(a, facts["tcp"]) for a in ("fe80::1%eth0", "::1", "ff02::1%eth0", "::ffff:" + facts["gateway"])], socket.AF_INET6))`).control(wall),
		hostPackets("host-datagrams", "sends datagrams to the host", `send(facts["gateway"], facts["udp"])
for a in facts["host"]: send(a, facts["udp"])`).control(wall),
		hostPackets("host-broadcast", "sends datagrams to everybody on its network", `
send("255.255.255.255", facts["udp"]); send(".".join(facts["gateway"].split(".")[:3]) + ".255", facts["udp"]); send("224.0.0.1", facts["udp"])`),
		try("host-ports", "looks for any service of the host", `
print(reach_all([(facts["gateway"], p) for p in (22, 25, 53, 80, 111, 443, 2375, 2376, 3306, 5432, 6443, 8080, 9090, 10250)]))`, same("closed")).control(wall),
		try("metadata", "asks the cloud for the machine's credentials", `
print(reach_all([("169.254.169.254", 80), ("100.100.100.200", 80), ("169.254.170.2", 80), ("168.63.129.16", 80)]))`, same("closed")).control(inside),
		try("metadata-ipv6", "asks the cloud for the machine's credentials by IPv6", `print(reach("fd00:ec2::254", 80, socket.AF_INET6))`, same("closed")),
		try("internet", "reaches the internet", `print(reach_all([("1.1.1.1", 443), ("8.8.8.8", 53), ("93.184.215.14", 80)]))`, same("closed")).control(inside),
		try("mail", "sends mail", `print(reach_all([("1.1.1.1", 25), ("1.1.1.1", 587)]))`, same("closed")),
		try("private-networks", "reaches the operator's other machines", `
print(reach_all([(a, p) for a in ("10.0.0.1", "10.255.255.53", "192.168.0.1", "192.168.1.1", "172.16.0.1") for p in (22, 53, 80, 443)]))`, same("closed")),
		try("resolve", "resolves a name of the internet", `print(socket.gethostbyname("example.com"))`, same("no such name")),
		try("dns-tunnel", "sends questions straight to name servers", `
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(1)
for a in ("1.1.1.1", "8.8.8.8", facts["gateway"]):
    try: s.sendto(b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01", (a, 53))
    except OSError: pass
answers = 0
try:
    while s.recv(512): answers += 1
except OSError: pass
print(answers, "answers")`, same("0 answers")).control(inside),
		try("other-lab", "reaches another lab's service", `print(reach(facts["other"], 8000))`, same("closed")).
			control("labs must have networks of their own; look for rules that join the host's bridges (DOCKER-ISOLATION)"),
		try("other-lab-scan", "scans another lab", `
base = facts["other_gateway"].rsplit(".", 1)
print(reach_all([("%s.%d" % (base[0], int(base[1]) + n), p) for n in range(14) for p in (80, 7420, 8000)]))`, same("closed")).
			control("labs must have networks of their own; look for rules that join the host's bridges (DOCKER-ISOLATION)"),
		try("other-lab-name", "finds another lab by its containers' names", `
print(socket.gethostbyname("pattarai-default-" + facts["lab"] + "-neighbour"))`, same("no such name")),
		try("other-lab-source", "pretends to be in another lab", `
s = socket.socket(); s.bind((facts["other"], 0))`, same("EADDRNOTAVAIL")),
		try("raw-packets", "makes packets by itself", `socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))`, same("EPERM")).control(replaceEngine),
		try("raw-ip", "makes IP packets by itself", `
first(*(lambda p=p: socket.socket(socket.AF_INET, socket.SOCK_RAW, p) for p in (socket.IPPROTO_ICMP, socket.IPPROTO_RAW, socket.IPPROTO_TCP)))`, same("EPERM")).control(replaceEngine),
		try("spoof-options", "uses socket options that change whose packets they are", `
s = socket.socket()
first(lambda: s.setsockopt(socket.SOL_IP, 19, 1), lambda: s.setsockopt(socket.SOL_SOCKET, 36, 1), lambda: s.setsockopt(socket.SOL_SOCKET, 33, 1 << 20))`, differ("EPERM", "done EPERM")),
		try("routes-change", "adds a route to the host's network", netlink(24, 0x600, `struct.pack("BBBBBBBBI", 2, 0, 0, 0, 254, 4, 0, 1, 0) + struct.pack("HHI", 8, 4, 1)`), same("EPERM")).control(replaceEngine),
		try("links-change", "switches its network interface off", netlink(16, 0, `struct.pack("BxHiII", 0, 0, 2, 0, 1)`), same("EPERM")),
		try("firewall-change", "reads and changes the firewall", `
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
s.settimeout(2)
s.send(struct.pack("IHHII", 20, (10 << 8) | 0, 1 | 4, 1, 0) + b"\2\0\0\0")
kind, = struct.unpack_from("H", s.recv(4096), 4)
print("refused" if kind == 2 else "answered")`, differ("refused", "EPROTONOSUPPORT")),
		try("hypervisor", "talks to the hypervisor", `
s = socket.socket(40, socket.SOCK_STREAM); s.settimeout(1); s.connect((2, 1024))`, differ("EAFNOSUPPORT", "EAFNOSUPPORT")).
			control("lab images must hold the current agent, which takes these sockets away: bin/pattarai images build"),
		try("rare-protocols", "opens sockets of rarely used kernel code", `
first(*(lambda f=f: socket.socket(*f) for f in ((38, 5, 0), (15, 3, 2), (29, 3, 1), (31, 3, 1), (30, 5, 0), (21, 5, 0), (4, 2, 0), (5, 2, 0), (3, 5, 0), (9, 5, 0))))`, same("EAFNOSUPPORT")),
		try("abstract-sockets", "finds unix sockets of the host's programs", `
names = [l.split()[-1] for l in open("/proc/net/unix").read().splitlines()[1:] if "@" in l.split()[-1]]
print(len(names), "found")`, same("0 found")),
		try("low-port", "serves at port 80, as a lesson must", `
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("", 80))`, same("done")),
		try("connection-flood", "opens connections without end", `
kept = []
while True:
    s = socket.socket(); kept.append(s); s.setblocking(False)
    try: s.connect(("neighbour", 8000))
    except BlockingIOError: pass`, same("EMFILE")).alone().at("4,096 descriptors, just over"),
		deed("neighbour-answers", "opens connections without end; then the flooded node is asked for something", func(ctx context.Context, l *Lab) (string, error) {
			return answers(ctx, l.session, neighbour)
		}, same("answers")).alone(),
	}
}

// netlink asks the kernel to change the network.
func netlink(kind, flags int, body string) string {
	return fmt.Sprintf(`
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
body = %s
s.send(struct.pack("IHHII", 16 + len(body), %d, 5 | %d, 1, 0) + body)
code, = struct.unpack_from("i", s.recv(4096), 16)
if code: raise OSError(-code, "")`, body, kind, flags)
}

// hostStreams is an abuse after which no connection may have arrived at the host.
func hostStreams(id, what, program string) Abuse {
	return deed(id, what, func(ctx context.Context, l *Lab) (string, error) {
		before, _ := l.host.reached()
		seen, err := l.run(ctx, attacker, program)
		if after, _ := l.host.reached(); after > before {
			seen += fmt.Sprintf(", %d connections arrived", after-before)
		}
		return seen, err
	}, same("closed"))
}

// hostPackets is an abuse after which no datagram may have arrived at the host.
func hostPackets(id, what, program string) Abuse {
	return deed(id, what, func(ctx context.Context, l *Lab) (string, error) {
		_, before := l.host.reached()
		if seen, err := l.run(ctx, attacker, program); err != nil || seen != "done" {
			return seen, err
		}
		_, after := l.host.reached()
		return fmt.Sprintf("%d arrived", after-before), nil
	}, same("0 arrived"))
}
