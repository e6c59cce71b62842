package compose

// Keys are all keys of a service, for the test of the documentation.
func Keys() []string { return append(serviceKeys(), "role", "preview", "apply", "view") }
