package host

// RegisterRuntime writes a runtime into the engine's configuration.
func RegisterRuntime(m *Machine, runtime, binary string) error {
	return m.registerRuntime(runtime, binary)
}
