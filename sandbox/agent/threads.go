package agent

import (
	"runtime"
	"sync"
)

// spareThreads is how many threads an agent has ready.
const spareThreads = 12

// reserveThreads makes threads ahead, which then wait for work. An agent that needs
// one more while a program has used up the container's processes would be ended by
// the Go run-time, and the container with it.
func reserveThreads() {
	var held, running sync.WaitGroup
	held.Add(spareThreads)
	for range spareThreads {
		running.Go(func() {
			runtime.LockOSThread() // A thread of its own, until all are there.
			defer runtime.UnlockOSThread()
			held.Done()
			held.Wait()
		})
	}
	running.Wait()
}
