// Command pattarai is a tutorial server: lessons beside sandboxes that run real
// containers, with graded exercises and quizzes.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"pattarai/lessons/scaffold"
)

// version is set by the linker; a plain "go build" tells the commit instead.
var version = "" //nolint:gochecknoglobals // The linker needs it.

// The program's exit statuses.
const (
	exitFailed  = 1 // It ran, and something did not pass.
	exitInvalid = 2 // What it was given cannot be right.
)

// failure ends the program with a status after everything was said already.
type failure int

func (f failure) Error() string { return fmt.Sprintf("exit status %d", int(f)) }

// commands is the command line: a field is a command.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Serve the lessons. Example: pattarai serve --addr 127.0.0.1:8080"`
	New     newCommand     `cmd:"" help:"Begin a course or a lesson with something that works."`
	Preview previewCommand `cmd:"" help:"Show a folder of courses while it is written, with its problems in place. Example: pattarai preview ./courses"`
	Lint    lintCommand    `cmd:"" help:"List every problem of the lessons; exit status 2 when there are errors. Example: pattarai lint ./courses"`
	Prove   proveCommand   `cmd:"" help:"Run every block, solution and wrong answer on real containers; exit status 1 when one is not as it should be. Example: pattarai prove haproxy/round-robin"`
	Schema  schemaCommand  `cmd:"" help:"Write JSON Schemas, from which editors complete the YAML of lessons. Example: pattarai schema ./courses"`
	Quiz    quizCommand    `cmd:"" help:"Import and export quiz questions: GIFT, Moodle XML, QTI 1.2."`
	Images  imagesCommand  `cmd:"" help:"Build, list, export and import the lab images."`
	Doctor  doctorCommand  `cmd:"" help:"Say what this machine lacks. Example: pattarai doctor --fix"`

	Admin adminCommand `cmd:"" help:"Ask the running server: grade again, see what could not be graded."`

	Version kong.VersionFlag `help:"Print the version and exit."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // A second signal ends the program at once.
	status := run(ctx, os.Args[1:])
	stop()
	os.Exit(status)
}

func run(ctx context.Context, args []string) int {
	parsed, err := parse(ctx, &commands{}, args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "pattarai:", err)
		return exitInvalid
	}
	return exitStatus(parsed.Run())
}

// parse reads the command line and the environment.
func parse(ctx context.Context, into *commands, args []string) (*kong.Context, error) {
	parser, err := kong.New(into,
		kong.Name("pattarai"),
		kong.Description("Lessons beside running systems. Every flag is also an environment variable: --max-labs is PATTARAI_MAX_LABS."),
		kong.DefaultEnvars("PATTARAI"),
		kong.UsageOnError(),
		kong.Vars{"version": commit(), "kinds": strings.Join(scaffold.Kinds(), ",")},
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		return nil, err
	}
	return parser.Parse(args)
}

// exitStatus tells the person about err, unless that was done, and chooses the status.
func exitStatus(err error) int {
	var f failure
	switch {
	case err == nil:
		return 0
	case errors.As(err, &f):
		return int(f)
	default:
		fmt.Fprintln(os.Stderr, "pattarai:", err)
		return exitFailed
	}
}

// commit is the version: the linker's, or the commit the program was built from.
func commit() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value
		}
	}
	return info.Main.Version
}
