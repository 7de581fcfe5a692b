// A pod: the observation is the state, stored before anybody is told.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "outboard.dev/examples/provider/generated/outboard/provider/v1"
)

const (
	image          = "outboard.dev/host"
	mostEvents     = 64
	longestBackoff = 300 * time.Second
	path           = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
)

// manifest is as much of a Pod as this provider reads.
type manifest struct {
	Metadata *struct{ Name, Namespace string }
	Spec     struct {
		RestartPolicy string
		Containers    []struct {
			Name, Image  string
			VolumeMounts []struct{ Name, MountPath string }
		}
	}
}

type processID struct {
	Pid   int
	Ticks int64
}

// record is what is stored of a pod. Manifest and inputs are not: they may hold secrets.
type record struct {
	Cluster, Node, Policy string
	StopAt                time.Time
	Processes             map[string]processID
	Seen                  []byte
}

type pod struct {
	p        *provider
	folder   string
	seen     *pb.PodObservation
	record   record
	manifest *manifest
	inputs   *pb.PodInputs
	events   []*pb.PodEvent
	seq      uint64
	news     chan struct{} // closed and made anew with each observation
}

func loadPod(p *provider, folder string) *pod {
	text, err := os.ReadFile(filepath.Join(folder, "pod.json"))
	one := &pod{p: p, folder: folder, seen: &pb.PodObservation{}, news: make(chan struct{})}
	if err != nil || json.Unmarshal(text, &one.record) != nil || proto.Unmarshal(one.record.Seen, one.seen) != nil {
		return nil
	}
	if one.record.Cluster != p.cluster || one.record.Node != p.node {
		return nil // another cluster's or node's
	}
	one.seen.Epoch, one.seen.Revision = p.instance, 0
	one.seen.NeedsInputs = one.seen.Stage != pb.PodStage_POD_STAGE_ENDED
	return one
}

// publish stores the observation as a new revision, then tells everybody who watches or waits. p.mu is held.
func (o *pod) publish() {
	o.seen.Revision++
	o.seen.ObservedAt = timestamppb.Now()
	o.record.Seen, _ = proto.Marshal(o.seen)
	text, _ := json.Marshal(o.record)
	if err := store(filepath.Join(o.folder, "pod.json"), text); err != nil {
		panic(err)
	}
	o.p.tell(o.seen.Uid, &pb.WatchPodsResponse{Event: &pb.WatchPodsResponse_Observation{Observation: o.look()}})
	close(o.news)
	o.news = make(chan struct{})
}

func (o *pod) look() *pb.PodObservation {
	seen := proto.Clone(o.seen).(*pb.PodObservation)
	seen.ObservedAt = timestamppb.Now()
	return seen
}

func (o *pod) happened(reason, container, message string) {
	o.seq++
	event := &pb.PodEvent{
		Uid: o.seen.Uid, Seq: o.seq, Time: timestamppb.Now(), Type: pb.PodEventType_POD_EVENT_TYPE_NORMAL,
		Reason: reason, Container: container, Message: message,
	}
	o.events = append(o.events, event)
	if len(o.events) > mostEvents {
		o.events = o.events[1:]
	}
	o.p.tell(o.seen.Uid, &pb.WatchPodsResponse{Event: &pb.WatchPodsResponse_PodEvent{PodEvent: event}})
}

func (o *pod) isStopping() bool { return !o.record.StopAt.IsZero() }

func (o *pod) stop(grace time.Duration, cause pb.TerminationCause) {
	ends := time.Now().Add(grace)
	switch {
	case !o.isStopping():
		o.seen.Stage, o.seen.Cause = pb.PodStage_POD_STAGE_STOPPING, cause
	case !ends.Before(o.record.StopAt):
		return
	}
	o.record.StopAt = ends
	o.publish()
}

// live leads the pod from here to its end.
func (o *pod) live() {
	o.p.mu.Lock()
	if o.seen.Stage == pb.PodStage_POD_STAGE_ACCEPTED {
		o.seen.Stage, o.seen.Sandbox = pb.PodStage_POD_STAGE_PREPARING, pb.SandboxState_SANDBOX_STATE_READY
		o.publish()
	}
	containers := o.seen.Containers
	o.p.mu.Unlock()
	var all sync.WaitGroup
	for _, container := range containers {
		all.Go(func() { o.liveContainer(container) })
	}
	all.Wait()
	o.p.mu.Lock()
	defer o.p.mu.Unlock()
	o.end()
}

func (o *pod) liveContainer(c *pb.ContainerObservation) {
	o.p.mu.Lock()
	defer o.p.mu.Unlock()
	for restarts := 0; ; {
		var process *exec.Cmd
		if c.GetRunning() == nil {
			if process = o.start(c); process == nil {
				return // stopped before it could start
			}
		}
		status := o.waitForEnd(c, process)
		since := c.GetRunning().Since.AsTime()
		if !o.showEnd(c, status) {
			return
		}
		if restarts++; time.Since(since) > 2*longestBackoff {
			restarts = 0
		}
		if restarts > 1 {
			o.backOff(c, min(longestBackoff, 10*time.Second<<(min(restarts, 10)-2)))
		}
	}
}

// wait gives p.mu away until there is news, something is done, or time is over.
func (o *pod) wait(done <-chan struct{}, limit time.Duration) {
	news := o.news
	o.p.mu.Unlock()
	defer o.p.mu.Lock()
	select {
	case <-news:
	case <-done:
	case <-time.After(limit):
	}
}

// start waits until the container may start, and starts it.
func (o *pod) start(c *pb.ContainerObservation) *exec.Cmd {
	for !o.isStopping() {
		reason, message := o.problemOf(c)
		if reason == "" {
			process, err := o.launch(c)
			if err == nil {
				return process
			}
			reason, message = "CreateContainerError", err.Error()
		}
		waiting := c.GetWaiting()
		if reason != "-" && (waiting.GetReason() != reason || waiting.GetMessage() != message) {
			o.toWaiting(c, reason, message)
			o.publish()
		}
		o.wait(nil, 10*time.Second)
	}
	return nil
}

// problemOf says why a container cannot start now; "-" changes nothing in what is shown.
func (o *pod) problemOf(c *pb.ContainerObservation) (reason, message string) {
	if o.seen.NeedsInputs {
		return "-", ""
	}
	inputs := o.inputsOf(c)
	switch {
	case inputs.Error != nil:
		return inputs.Error.Reason, inputs.Error.Message
	case strings.Split(o.imageOf(c), ":")[0] != image:
		return "ErrImagePull", "this provider has the image " + image + " only"
	case len(inputs.Command)+len(inputs.Args) == 0:
		return "CreateContainerError", "the host's files have no entry point: a command is needed"
	}
	return "", ""
}

func (o *pod) launch(c *pb.ContainerObservation) (*exec.Cmd, error) {
	instance := newID()
	mounts, err := o.writeFiles(c)
	if err != nil {
		return nil, err
	}
	output, err := os.OpenFile(o.logOf(instance), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer output.Close()
	inputs := o.inputsOf(c)
	var command []string
	for _, value := range append(append([]*pb.Value{}, inputs.Command...), inputs.Args...) {
		command = append(command, o.value(value))
	}
	env, hostname := o.environment(inputs), o.inputs.Hostname
	o.p.mu.Unlock()
	process, err := runInBox(filepath.Join(o.folder, "box", instance), hostname, mounts, command, env, output)
	o.p.mu.Lock()
	if err != nil {
		return nil, err
	}
	o.record.Processes[c.Name] = processID{process.Process.Pid, startTicks(process.Process.Pid)}
	if ended := c.GetTerminated(); ended != nil {
		c.LastTermination = ended
	}
	if c.ContainerId != "" {
		c.RestartCount++
	}
	c.WillRestart, c.ContainerId = false, instance
	c.State = &pb.ContainerObservation_Running{Running: &pb.ContainerRunning{Since: timestamppb.Now()}}
	o.seen.Stage = max(o.seen.Stage, pb.PodStage_POD_STAGE_STARTED)
	o.publish()
	o.happened("Started", c.Name, "Container started")
	return process, nil
}

// waitForEnd waits for the end of a container, and makes it end when the pod stops. nil: nobody knows how it ended.
func (o *pod) waitForEnd(c *pb.ContainerObservation, process *exec.Cmd) *syscall.WaitStatus {
	id := o.record.Processes[c.Name]
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if process != nil {
			_ = process.Wait()
			return
		}
		for startTicks(id.Pid) == id.Ticks && id.Ticks != 0 { // an earlier provider started it
			time.Sleep(100 * time.Millisecond)
		}
	}()
	var told syscall.Signal
	for !isClosed(gone) {
		left := time.Hour
		if o.isStopping() {
			left = max(0, time.Until(o.record.StopAt))
			wanted := syscall.SIGTERM
			if left == 0 || mutant == "M-STOP-08-ignores-the-grace" {
				wanted, left = syscall.SIGKILL, time.Hour
			}
			if told == 0 {
				o.happened("Killing", c.Name, "Stopping container "+c.Name)
			}
			if told != wanted {
				signalGroup(id.Pid, wanted)
				told = wanted
			}
		}
		o.wait(gone, left)
	}
	signalGroup(id.Pid, syscall.SIGKILL) // what it left behind
	if process == nil {
		return nil
	}
	status := process.ProcessState.Sys().(syscall.WaitStatus)
	return &status
}

// showEnd shows the end of an instance; true: another one follows.
func (o *pod) showEnd(c *pb.ContainerObservation, status *syscall.WaitStatus) bool {
	ended := &pb.ContainerTerminated{Since: c.GetRunning().Since, ContainerId: c.ContainerId}
	if status != nil { // else it ended while no provider looked
		code := int32(status.ExitStatus())
		if status.Signaled() {
			code = 128 + int32(status.Signal())
			ended.Signal = proto.Int32(int32(status.Signal()))
		}
		if mutant == "M-OBS-04-cuts-exit-codes-above-127" {
			code = min(code, 127)
		}
		ended.ExitCode, ended.Until, ended.Reason = &code, timestamppb.Now(), "Error"
		if code == 0 {
			ended.Reason = "Completed"
		}
	}
	isGood := ended.ExitCode != nil && *ended.ExitCode == 0
	policy := o.record.Policy
	c.WillRestart = !o.isStopping() && (policy == "Always" || (policy == "OnFailure" && !isGood))
	c.State = &pb.ContainerObservation_Terminated{Terminated: ended}
	if c.WillRestart {
		o.dropOldLogs()
	}
	o.publish()
	return c.WillRestart
}

func (o *pod) backOff(c *pb.ContainerObservation, delay time.Duration) {
	o.toWaiting(c, "CrashLoopBackOff", fmt.Sprintf("back-off %s restarting failed container", delay))
	o.publish()
	for until := time.Now().Add(delay); !o.isStopping() && time.Now().Before(until); {
		o.wait(nil, time.Until(until))
	}
}

func (o *pod) toWaiting(c *pb.ContainerObservation, reason, message string) {
	if ended := c.GetTerminated(); ended != nil {
		c.LastTermination = ended
	}
	c.WillRestart = false
	c.State = &pb.ContainerObservation_Waiting{Waiting: &pb.ContainerWaiting{Reason: reason, Message: message}}
}

// end: nothing runs any more and nothing will.
func (o *pod) end() {
	for _, c := range o.seen.Containers {
		if c.GetWaiting() != nil {
			ended := &pb.ContainerTerminated{}
			if c.ContainerId != "" && c.LastTermination != nil {
				ended, c.LastTermination = c.LastTermination, nil
			}
			c.State = &pb.ContainerObservation_Terminated{Terminated: ended}
		}
		c.WillRestart = false
	}
	if err := os.RemoveAll(filepath.Join(o.folder, "volumes")); err != nil {
		log.Printf("pod %s: its volumes are left", o.seen.Uid)
	}
	o.manifest, o.inputs, o.seen.NeedsInputs = nil, nil, false
	o.seen.Stage, o.seen.Sandbox = pb.PodStage_POD_STAGE_ENDED, pb.SandboxState_SANDBOX_STATE_GONE
	o.publish()
}

func (o *pod) inputsOf(c *pb.ContainerObservation) *pb.ContainerInputs {
	for _, each := range o.inputs.Containers {
		if each.Name == c.Name {
			return each
		}
	}
	return &pb.ContainerInputs{}
}

func (o *pod) imageOf(c *pb.ContainerObservation) string {
	for _, each := range o.manifest.Spec.Containers {
		if each.Name == c.Name {
			return each.Image
		}
	}
	return ""
}

// value puts the parts of a value together, at each start.
func (o *pod) value(value *pb.Value) string {
	var text strings.Builder
	for _, part := range value.GetParts() {
		if _, isAddress := part.Part.(*pb.ValuePart_Address); isAddress {
			text.WriteString(o.p.address)
		}
		text.Write(part.GetLiteral())
	}
	return text.String()
}

func (o *pod) environment(inputs *pb.ContainerInputs) []string {
	env := []string{path}
	for _, each := range inputs.Env { // of one name the last wins: os/exec sees to it
		entry := each.Name + "=" + o.value(each.Value)
		if mutant == "M-INPUT-01-takes-the-first-value-of-a-name" {
			env = append([]string{entry}, env...)
		} else {
			env = append(env, entry)
		}
	}
	return env
}

// writeFiles writes hosts, resolv.conf and volumes anew.
func (o *pod) writeFiles(c *pb.ContainerObservation) ([]mount, error) {
	folder := filepath.Join(o.folder, "volumes", c.Name)
	_ = os.RemoveAll(folder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	mounts := []mount{{filepath.Join(folder, "hosts"), "/etc/hosts"}}
	if err := os.WriteFile(mounts[0].source, []byte(o.hosts()), 0o600); err != nil {
		return nil, err
	}
	if dns := o.inputs.Dns; dns != nil {
		text := ""
		for _, each := range dns.Servers {
			text += "nameserver " + each + "\n"
		}
		text += "search " + strings.Join(dns.Searches, " ") + "\noptions " + strings.Join(dns.Options, " ") + "\n"
		mounts = append(mounts, mount{filepath.Join(folder, "resolv"), "/etc/resolv.conf"})
		if err := os.WriteFile(mounts[1].source, []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	for _, spec := range o.manifest.Spec.Containers {
		if spec.Name != c.Name {
			continue
		}
		for number, each := range spec.VolumeMounts {
			for _, volume := range o.inputs.Volumes { // one that is not listed was left out on purpose
				if volume.Name != each.Name {
					continue
				}
				root := filepath.Join(folder, fmt.Sprintf("v%d", number))
				if err := os.Mkdir(root, 0o755); err != nil {
					return nil, err
				}
				for _, file := range volume.Files {
					if err := writeFile(root, file); err != nil {
						return nil, err
					}
				}
				mounts = append(mounts, mount{root, each.MountPath})
			}
		}
	}
	return mounts, nil
}

func (o *pod) hosts() string {
	lines := []string{
		"# Kubernetes-managed hosts file.",
		"127.0.0.1\tlocalhost",
		"::1\tlocalhost ip6-localhost ip6-loopback",
		"fe00::0\tip6-localnet",
		"fe00::0\tip6-mcastprefix",
		"fe00::1\tip6-allnodes",
		"fe00::2\tip6-allrouters",
		strings.Join(append([]string{o.p.address}, o.inputs.PodHostNames...), "\t"),
	}
	if len(o.inputs.Hosts) > 0 {
		lines = append(lines, "", "# Entries added by HostAliases.")
	}
	for _, each := range o.inputs.Hosts {
		lines = append(lines, strings.Join(append([]string{each.Ip}, each.Hostnames...), "\t"))
	}
	return strings.Join(lines, "\n") + "\n"
}

func (o *pod) logOf(instance string) string { return filepath.Join(o.folder, instance+".log") }

// dropOldLogs: the current and the previous instance of each container keep theirs.
func (o *pod) dropOldLogs() {
	kept := map[string]bool{}
	for _, c := range o.seen.Containers {
		kept[c.ContainerId], kept[c.LastTermination.GetContainerId()] = true, true
	}
	files, _ := filepath.Glob(filepath.Join(o.folder, "*.log"))
	for _, file := range files {
		if !kept[strings.TrimSuffix(filepath.Base(file), ".log")] {
			_ = os.Remove(file)
		}
	}
}

func isClosed(channel <-chan struct{}) bool {
	select {
	case <-channel:
		return true
	default:
		return false
	}
}
