package sandbox

import "pattarai/sandbox/agent"

// Script is the command that runs a block of a lesson's text in a node, both outputs
// as one, as in a terminal. ok is false for languages that no node is known to speak.
func Script(lang, code string) (c agent.Command, ok bool) {
	switch lang {
	case "bash", "console", "shell", "":
		c.Args = []string{"bash", "-lc", "exec 2>&1\n" + code}
	case "sh":
		c.Args = []string{"sh", "-c", "exec 2>&1\n" + code}
	case "python", "python3":
		c.Args = []string{"python3", "-c", code}
	default:
		return agent.Command{}, false
	}
	return c, true
}
