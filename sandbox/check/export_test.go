package check

// Keys are all keys an author may write, for the test of the documentation.
func Keys() []string {
	keys := append([]string{"id", "title", "needs", "points", "help", "try", "timeout", "steps"}, stepKeys()...)
	for _, k := range kinds() {
		keys = append(append(keys, k.keys...), k.expect...)
	}
	return append(append(keys, boundKeys()...), textKeys()...)
}
