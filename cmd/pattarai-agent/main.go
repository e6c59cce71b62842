// Pattarai-agent is the first process of every lab container. See package
// sandbox/agent.
//
// Usage:
//
//	pattarai-agent            serve, configured by PATTARAI_AGENT_* variables
//	pattarai-agent hold       sleep, and keep the container's network for another's processes
//	pattarai-agent connect    join stdin and stdout with the agent in this container
//	pattarai-agent look KIND  look once: the spec on stdin, what was seen on stdout
//	pattarai-agent impair RULES
//	                          delay, lose and cut packets
//	pattarai-agent fill BYTES leave no room for files
//	pattarai-agent spin       take all processor time
//	pattarai-agent addresses  give the container more addresses
//	pattarai-agent --version  tell the version
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"golang.org/x/sys/unix"

	"pattarai/sandbox/agent"
	"pattarai/sandbox/impair"
	"pattarai/sandbox/probe"
)

// What keeps an idle agent small: it shares the memory limit of its container.
const (
	gcPercent   = 25
	memoryLimit = 48 << 20
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pattarai-agent:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
	command := ""
	if len(args) > 0 {
		command = args[0]
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	switch command {
	case "":
		return serve(ctx)
	case "hold":
		<-ctx.Done()
		return nil
	case "connect":
		if err := hide(); err != nil {
			return err
		}
		return agent.Bridge(ctx, os.Environ(), os.Stdin, os.Stdout)
	case "impair":
		return impairLinks(ctx, args[1:])
	case "fill":
		return fill(ctx, args[1:])
	case "spin":
		impair.Spin(ctx)
		return nil
	case "addresses":
		return addAddresses(args[1:])
	case "look":
		return look(ctx, args[1:], os.Stdin, os.Stdout)
	case "--version", "version":
		fmt.Println("pattarai-agent", version())
		return nil
	}
	return fmt.Errorf("unknown command %q; use connect, look, addresses, impair, fill, spin, hold, --version or nothing", command)
}

func serve(ctx context.Context) error {
	if err := hide(); err != nil {
		return err
	}
	if os.Getpid() == 1 {
		if err := agent.Confine(); err != nil {
			return err
		}
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	return agent.Run(ctx, os.Environ(), os.Getpid() == 1, probe.Prepare, log)
}

// hide keeps the token in this process's environment and memory from processes of
// the same user: neither /proc nor a debugger shows them.
func hide() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("hide the token from other processes: %w", err)
	}
	return nil
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value
		}
	}
	return info.Main.Version
}
