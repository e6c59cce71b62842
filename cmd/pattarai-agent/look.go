package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"pattarai/sandbox/probe"
	"pattarai/sandbox/probe/amqp"
	"pattarai/sandbox/probe/postgres"
	"pattarai/sandbox/probe/redis"
)

// look speaks the protocol of a service in a process of its own: what a hostile
// answer does to it, it does to nothing else.
func look(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("%d arguments; name one kind of probe: %s, %s or %s", len(args), probe.KindSQL, probe.KindRedis, probe.KindAMQP)
	}
	switch args[0] {
	case probe.KindSQL:
		return answer(ctx, in, out, postgres.Look)
	case probe.KindRedis:
		return answer(ctx, in, out, redis.Look)
	case probe.KindAMQP:
		return answer(ctx, in, out, amqp.Look)
	}
	return fmt.Errorf("unknown kind of probe %q; use %s, %s or %s", args[0], probe.KindSQL, probe.KindRedis, probe.KindAMQP)
}

// answer reads a spec, looks and writes what was seen.
func answer[Spec, Seen any](ctx context.Context, in io.Reader, out io.Writer, look func(context.Context, Spec) Seen) error {
	var spec Spec
	if err := probe.Decode(in, &spec); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(look(ctx, spec))
}
