package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"pattarai/sandbox/agent"
	"pattarai/sandbox/impair"
)

func ready() { fmt.Println("ready") }

// impairLinks spoils the links of the network it runs in until ctx ends. Its one
// argument is the JSON list of rules; "ready" is printed when they hold.
func impairLinks(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%d arguments; impair needs one, its rules", len(args))
	}
	var rules []agent.LinkRule
	if err := json.Unmarshal([]byte(args[0]), &rules); err != nil {
		return fmt.Errorf("read the rules: %w", err)
	}
	return impair.Run(ctx, rules, ready)
}

// fill takes all room for files. Its one argument is how many bytes of memory it
// may use for that.
func fill(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%d arguments; fill needs one, the bytes it may take", len(args))
	}
	budget, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil {
		return fmt.Errorf("read the number of bytes: %w", err)
	}
	return impair.Fill(ctx, budget, ready)
}
