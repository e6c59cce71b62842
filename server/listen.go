package server

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// listen opens the server's port. When it is taken, the error says by whom.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err == nil {
		return listener, nil
	}
	_, port, _ := net.SplitHostPort(addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("addr: port %s is in use%s; end that program or choose another port with --addr", port, holder(port))
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("addr: port %s needs privileges; choose one above 1023 with --addr", port)
	default:
		return nil, fmt.Errorf("addr: %s cannot be listened on: %w", addr, err)
	}
}

// holder names the program that listens on a port, as far as /proc shows it.
func holder(port string) string {
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return ""
	}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		if inode := listeningInode(table, n); inode != "" {
			return programWith("socket:[" + inode + "]")
		}
	}
	return ""
}

// listeningInode finds the socket that listens on a port in a table of the kernel.
func listeningInode(table string, port uint64) string {
	file, err := os.Open(table)
	if err != nil {
		return ""
	}
	defer file.Close()
	const listening = "0A"
	local := fmt.Sprintf(":%04X", port)
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) > 9 && strings.HasSuffix(fields[1], local) && fields[3] == listening {
			return fields[9]
		}
	}
	return ""
}

// programWith finds the process that holds a socket.
func programWith(socket string) string {
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*") // The pattern is valid.
	for _, link := range links {
		if target, err := os.Readlink(link); err != nil || target != socket {
			continue
		}
		pid := strings.Split(link, "/")[2]
		name, err := os.ReadFile("/proc/" + pid + "/comm")
		if err != nil {
			return " by pid " + pid
		}
		return " by " + strings.TrimSpace(string(name)) + " (pid " + pid + ")"
	}
	return ""
}
