// The streams: watching, logs, and commands.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "outboard.dev/examples/provider/generated/outboard/provider/v1"
)

const (
	chunk       = 32 * 1024
	heartbeat   = 5 * time.Second
	mostPending = 16
)

type pending struct {
	uid     string
	message *pb.WatchPodsResponse
}

// watcher is what one WatchPods call has still to send.
type watcher struct {
	queue []pending
	wake  chan struct{}
}

// put: at most 16 observations of a pod wait, the oldest go first. p.mu is held.
func (w *watcher) put(uid string, message *pb.WatchPodsResponse) {
	first, count := -1, 0
	for at, each := range w.queue {
		if each.uid == uid && each.message.GetObservation() != nil {
			if count++; first < 0 {
				first = at
			}
		}
	}
	if count >= mostPending {
		w.queue = append(w.queue[:first], w.queue[first+1:]...)
	}
	w.queue = append(w.queue, pending{uid, message})
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (p *provider) tell(uid string, message *pb.WatchPodsResponse) {
	for each := range p.watchers {
		each.put(uid, message)
	}
}

// WatchPods sends the snapshot, then what came since, without what the snapshot had.
func (p *provider) WatchPods(r *pb.WatchPodsRequest, stream pb.PodService_WatchPodsServer) error {
	w := &watcher{wake: make(chan struct{}, 1)}
	snapshot, kept := p.watch(w)
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.watchers, w)
	}()
	sent := map[string]uint64{}
	for _, message := range snapshot {
		if seen := message.GetObservation(); seen != nil {
			sent[seen.Uid] = seen.Revision
		}
		if err := stream.Send(message); err != nil {
			return err
		}
	}
	if r.SnapshotOnly {
		return nil
	}
	told := map[string]uint64{}
	for _, event := range kept {
		told[event.Uid] = event.Seq
		if err := stream.Send(&pb.WatchPodsResponse{Event: &pb.WatchPodsResponse_PodEvent{PodEvent: event}}); err != nil {
			return err
		}
	}
	return p.follow(stream, w, sent, told)
}

// watch takes the snapshot and begins to collect, at one moment.
func (p *provider) watch(w *watcher) (snapshot []*pb.WatchPodsResponse, kept []*pb.PodEvent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watchers[w] = true
	begin := &pb.WatchPodsResponse_SnapshotBegin{SnapshotBegin: &pb.SnapshotBegin{Epoch: p.instance}}
	snapshot = append(snapshot, &pb.WatchPodsResponse{Event: begin})
	for _, one := range p.pods {
		seen := &pb.WatchPodsResponse_Observation{Observation: one.look()}
		snapshot = append(snapshot, &pb.WatchPodsResponse{Event: seen})
		kept = append(kept, one.events...)
	}
	end := &pb.WatchPodsResponse_SnapshotEnd{SnapshotEnd: &pb.SnapshotEnd{Complete: p.cluster != ""}}
	return append(snapshot, &pb.WatchPodsResponse{Event: end}), kept
}

func (p *provider) follow(
	stream pb.PodService_WatchPodsServer, w *watcher, sent, told map[string]uint64,
) error {
	own := stream.Context().Value(sessionKey{}).(*session)
	ended := own.ended
	if mutant == "M-SESS-06-leaves-the-old-owner-s-watch-open" {
		ended = nil
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-stream.Context().Done():
			return status.FromContextError(stream.Context().Err()).Err()
		case <-p.down:
			return status.Error(codes.Unavailable, "the provider shuts down")
		case <-ended:
			return refuse(own.over, "the session is over")
		case <-beat.C:
			message := &pb.WatchPodsResponse{Event: &pb.WatchPodsResponse_Heartbeat{Heartbeat: &pb.Heartbeat{}}}
			if err := stream.Send(message); err != nil {
				return err
			}
		case <-w.wake:
			p.mu.Lock()
			queue := w.queue
			w.queue = nil
			p.mu.Unlock()
			for _, each := range queue {
				if !isNew(each.message, sent, told) {
					continue
				}
				if err := stream.Send(each.message); err != nil {
					return err
				}
			}
		}
	}
}

func isNew(message *pb.WatchPodsResponse, sent, told map[string]uint64) bool {
	if seen := message.GetObservation(); seen != nil {
		before := sent[seen.Uid]
		sent[seen.Uid] = max(before, seen.Revision)
		return seen.Revision > before
	}
	if event := message.GetPodEvent(); event != nil {
		return event.Seq > told[event.Uid]
	}
	return true
}

// Logs sends the log of one instance.
func (p *provider) Logs(r *pb.LogsRequest, stream pb.InteractionService_LogsServer) error {
	if r.SinceTime != nil || r.TailLines != nil || r.LimitBytes != nil || len(r.Cursor) > 0 {
		return refuse(pb.ErrorReason_ERROR_REASON_CAPABILITY, "logs.time, logs.tail and logs.resume are not declared")
	}
	one, c, err := p.findContainer(r.Uid, r.Container)
	if err != nil {
		return err
	}
	p.mu.Lock()
	instance := c.ContainerId
	if r.Previous {
		instance = c.LastTermination.GetContainerId()
	}
	file, err := os.Open(one.logOf(instance))
	p.mu.Unlock()
	if instance == "" && !r.Previous {
		return refuse(pb.ErrorReason_ERROR_REASON_NOT_RUNNING, "no instance has started yet")
	}
	if instance == "" || err != nil {
		return refuse(pb.ErrorReason_ERROR_REASON_CONTAINER, "there was no earlier instance")
	}
	defer file.Close()
	opened := &pb.LogsResponse{Frame: &pb.LogsResponse_Opened{Opened: &pb.StreamOpened{}}}
	if err := stream.Send(opened); err != nil {
		return err
	}
	data := make([]byte, chunk)
	for {
		p.mu.Lock()
		runs, news := c.GetRunning() != nil && c.ContainerId == instance, one.news
		p.mu.Unlock()
		count, _ := file.Read(data)
		if count > 0 {
			part := &pb.LogChunk{Stream: pb.OutputStream_OUTPUT_STREAM_MERGED, Data: data[:count]}
			if err := stream.Send(&pb.LogsResponse{Frame: &pb.LogsResponse_Chunk{Chunk: part}}); err != nil {
				return err
			}
			continue
		}
		if !r.Follow || !runs || mutant == "M-LOGS-08-ends-a-follower-at-the-end-of-the-file" {
			return nil
		}
		select {
		case <-stream.Context().Done():
			return status.FromContextError(stream.Context().Err()).Err()
		case <-p.down:
			return status.Error(codes.Unavailable, "the provider shuts down")
		case <-news:
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Exec runs a command beside the container's process.
func (p *provider) Exec(stream pb.InteractionService_ExecServer) error {
	first, err := stream.Recv()
	if errors.Is(err, io.EOF) {
		return bad("the first frame must be start")
	}
	if err != nil {
		return err
	}
	start := first.GetStart()
	switch {
	case start == nil:
		return bad("the first frame must be start")
	case start.Tty:
		return refuse(pb.ErrorReason_ERROR_REASON_CAPABILITY, "exec.tty is not declared")
	case len(start.Command) == 0:
		return bad("start.command is required")
	}
	one, c, err := p.findContainer(start.Uid, start.Container)
	if err != nil {
		return err
	}
	p.mu.Lock()
	runs, pid := c.GetRunning() != nil, one.record.Processes[start.Container].Pid
	p.mu.Unlock()
	if !runs {
		return refuse(pb.ErrorReason_ERROR_REASON_NOT_RUNNING, "the container does not run")
	}
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return refuse(pb.ErrorReason_ERROR_REASON_NOT_RUNNING, "the container does not run")
	}
	process := inside(pid, start.Command)
	process.Env = strings.Split(strings.TrimSuffix(string(environment), "\x00"), "\x00")
	return run(stream, process, start)
}

// output sends what a process prints; os/exec writes to it and waits for it.
type output struct {
	mu   *sync.Mutex // one sender at a time
	send func([]byte) error
}

func (o output) Write(data []byte) (int, error) {
	for at := 0; at < len(data); at += chunk {
		o.mu.Lock()
		err := o.send(data[at:min(len(data), at+chunk)])
		o.mu.Unlock()
		if err != nil {
			return at, err
		}
	}
	return len(data), nil
}

func run(stream pb.InteractionService_ExecServer, process *exec.Cmd, start *pb.ExecStart) error {
	var mu sync.Mutex
	if start.Stdout {
		process.Stdout = output{&mu, func(data []byte) error {
			return stream.Send(&pb.ExecResponse{Frame: &pb.ExecResponse_Stdout{Stdout: data}})
		}}
	}
	if start.Stderr {
		process.Stderr = output{&mu, func(data []byte) error {
			return stream.Send(&pb.ExecResponse{Frame: &pb.ExecResponse_Stderr{Stderr: data}})
		}}
	}
	var input io.WriteCloser
	if start.Stdin {
		pipe, err := process.StdinPipe()
		if err != nil {
			return err
		}
		input = pipe
	}
	if err := stream.Send(&pb.ExecResponse{Frame: &pb.ExecResponse_Opened{Opened: &pb.StreamOpened{}}}); err != nil {
		return err
	}
	if err := process.Start(); err != nil {
		return exit(stream, &pb.ExitResult{Result: &pb.ExitResult_Error{Error: "it could not be started"}})
	}
	gone := context.AfterFunc(stream.Context(), func() { signalGroup(process.Process.Pid, syscall.SIGKILL) })
	defer gone()
	go feed(stream, input)
	_ = process.Wait()
	signalGroup(process.Process.Pid, syscall.SIGKILL)
	ended := process.ProcessState.Sys().(syscall.WaitStatus)
	if ended.Signaled() {
		return exit(stream, &pb.ExitResult{Result: &pb.ExitResult_Signal{Signal: int32(ended.Signal())}})
	}
	code := int32(ended.ExitStatus())
	if mutant == "M-EXEC-01-always-says-0" {
		code = 0
	}
	return exit(stream, &pb.ExitResult{Result: &pb.ExitResult_Code{Code: code}})
}

func exit(stream pb.InteractionService_ExecServer, result *pb.ExitResult) error {
	return stream.Send(&pb.ExecResponse{Frame: &pb.ExecResponse_Exit{Exit: result}})
}

// feed passes input on. A bare end of the stream means nothing; stdin_end means the end.
func feed(stream pb.InteractionService_ExecServer, input io.WriteCloser) {
	for {
		frame, err := stream.Recv()
		if err != nil {
			return
		}
		if input == nil {
			continue
		}
		switch each := frame.Frame.(type) {
		case *pb.ExecRequest_Stdin:
			_, _ = input.Write(each.Stdin)
		case *pb.ExecRequest_StdinEnd:
			_ = input.Close()
		}
	}
}

func (p *provider) findContainer(uid, name string) (*pod, *pb.ContainerObservation, error) {
	if uid == "" || name == "" {
		return nil, nil, bad("uid and container are required")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	one, err := p.find(uid)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range one.seen.Containers {
		if c.Name == name {
			return one, c, nil
		}
	}
	return nil, nil, refuse(pb.ErrorReason_ERROR_REASON_CONTAINER, "there is no such container")
}
