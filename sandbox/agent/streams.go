package agent

import (
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// outputGrace is how long the output of a command that has ended is awaited
// when something it left running keeps the pipes open.
const outputGrace = 200 * time.Millisecond

// maxGraces bounds how often something that goes on printing is waited for.
const maxGraces = 15

// input is what a command reads.
type input struct {
	data           []byte
	reader, writer *os.File // Nil when there is no input.
	done           sync.WaitGroup
}

// newInput makes the pipe. A fresh command always has one, so that no input looks
// the same however the command is run.
func newInput(c Command) (*input, error) {
	in := &input{data: c.Stdin}
	if len(c.Stdin) == 0 && !c.Fresh {
		return in, nil
	}
	var err error
	in.reader, in.writer, err = os.Pipe()
	return in, err
}

// feed starts writing, once the command runs.
func (i *input) feed() {
	if i.writer == nil {
		return
	}
	i.reader.Close()
	i.done.Go(func() {
		_, _ = i.writer.Write(i.data) // A command need not read its input.
		i.writer.Close()
	})
}

// close ends the writing.
func (i *input) close() {
	closeAll([]*os.File{i.reader, i.writer})
	i.done.Wait()
}

// output collects what a command prints, over pipes of our own: they can be
// closed while something that the command left behind still holds the other end.
type output struct {
	stdout, stderr head
	readers        [2]*os.File
	writers        [2]*os.File
	done           chan struct{}
}

func newOutput(limit int) (*output, error) {
	o := &output{stdout: head{max: limit}, stderr: head{max: limit}, done: make(chan struct{})}
	for i := range o.readers {
		var err error
		if o.readers[i], o.writers[i], err = os.Pipe(); err != nil {
			o.abandon()
			return nil, err
		}
	}
	return o, nil
}

// collect starts reading, once the command runs.
func (o *output) collect() {
	for _, f := range o.writers {
		f.Close()
	}
	var reading sync.WaitGroup
	reading.Go(func() { io.Copy(&o.stdout, o.readers[0]) })
	reading.Go(func() { io.Copy(&o.stderr, o.readers[1]) })
	go func() {
		reading.Wait()
		close(o.done)
	}()
}

// finish waits for the end of the output. After outputGrace it gives up on pipes
// that something still holds open, but not before what is in them has been read:
// on a busy machine the readers may not have had their turn yet.
func (o *output) finish() {
	ticker := time.NewTicker(outputGrace)
	defer ticker.Stop()
	for range maxGraces {
		select {
		case <-o.done:
			closeAll(o.readers[:])
			return
		case <-ticker.C:
		}
		if !o.unread() {
			break
		}
	}
	closeAll(o.readers[:])
	<-o.done
}

// unread tells whether the pipes hold something that was not read yet.
func (o *output) unread() bool {
	waiting := false
	for _, f := range o.readers {
		raw, err := f.SyscallConn()
		if err != nil {
			continue
		}
		_ = raw.Control(func(fd uintptr) {
			n, err := unix.IoctlGetInt(int(fd), unix.TIOCINQ)
			waiting = waiting || err == nil && n > 0
		})
	}
	return waiting
}

// abandon closes everything when the command did not start.
func (o *output) abandon() {
	closeAll(o.readers[:])
	closeAll(o.writers[:])
}

func closeAll(files []*os.File) {
	for _, f := range files {
		if f != nil {
			f.Close()
		}
	}
}
