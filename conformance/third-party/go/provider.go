// The unary calls: sessions, the node, and the life of pods.
package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	pb "outboard.dev/examples/provider/generated/outboard/provider/v1"
)

const (
	version      = "0.1.0"
	revision     = 1
	tombstone    = time.Hour
	mostSessions = 64
)

var capabilities = []pb.Capability{
	pb.Capability_CAPABILITY_UPDATE_METADATA,
	pb.Capability_CAPABILITY_LOGS,
	pb.Capability_CAPABILITY_LOGS_FOLLOW,
	pb.Capability_CAPABILITY_LOGS_PREVIOUS,
	pb.Capability_CAPABILITY_EXEC,
	pb.Capability_CAPABILITY_EXEC_STDIN,
}

var features = []pb.Feature{
	pb.Feature_FEATURE_CONTAINERS_MULTIPLE,
	pb.Feature_FEATURE_RESTART_POLICY_ALWAYS,
	pb.Feature_FEATURE_RESTART_POLICY_ON_FAILURE,
	pb.Feature_FEATURE_TERMINATION_GRACE,
}

var causes = map[pb.StopReason]pb.TerminationCause{
	pb.StopReason_STOP_REASON_DEADLINE:  pb.TerminationCause_TERMINATION_CAUSE_DEADLINE,
	pb.StopReason_STOP_REASON_EVICTED:   pb.TerminationCause_TERMINATION_CAUSE_EVICTED,
	pb.StopReason_STOP_REASON_PREEMPTED: pb.TerminationCause_TERMINATION_CAUSE_PREEMPTED,
	pb.StopReason_STOP_REASON_ORPHAN:    pb.TerminationCause_TERMINATION_CAUSE_ORPHAN,
}

type session struct {
	id, instance string
	isOwner      bool
	over         pb.ErrorReason // why it is over; 0: it is not
	ended        chan struct{}
}

func (s *session) close(reason pb.ErrorReason) {
	if s.over == 0 {
		s.over = reason
		close(s.ended)
	}
}

type provider struct {
	pb.UnimplementedIdentityServiceServer
	pb.UnimplementedNodeServiceServer
	pb.UnimplementedPodServiceServer
	pb.UnimplementedInteractionServiceServer

	state    string
	instance string // and the epoch: revisions begin again with each process
	address  string
	down     chan struct{}

	mu            sync.Mutex // of everything below, and of every pod
	cluster, node string     // of the first owner
	sessions      map[string]*session
	order         []*session
	current       *session // the owner's
	fencing       uint64
	pods          map[string]*pod
	tombstones    map[string]time.Time
	watchers      map[*watcher]bool
}

func newProvider(state string) *provider {
	return &provider{
		state: state, instance: newID(), address: ownAddress(), down: make(chan struct{}),
		sessions: map[string]*session{}, pods: map[string]*pod{},
		tombstones: map[string]time.Time{}, watchers: map[*watcher]bool{},
	}
}

// Handshake opens a session.
func (p *provider) Handshake(_ context.Context, r *pb.HandshakeRequest) (*pb.HandshakeResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(r.Revisions) == 0 || r.GatewayName == "" || r.InstanceId == "" {
		return nil, bad("revisions, gateway_name and instance_id are required")
	}
	isOwner := r.Mode == pb.SessionMode_SESSION_MODE_OWNER
	if !isOwner && r.Mode != pb.SessionMode_SESSION_MODE_OBSERVER {
		return nil, bad("mode must be OWNER or OBSERVER")
	}
	if !slices.Contains(r.Revisions, revision) {
		theirs := strings.ReplaceAll(strings.Trim(fmt.Sprint(r.Revisions), "[]"), " ", ",")
		return nil, refuse(pb.ErrorReason_ERROR_REASON_NO_COMMON_REVISION, "this provider speaks revision 1 only",
			"gateway_revisions", theirs, "provider_revisions", strconv.Itoa(revision))
	}
	if p.cluster != "" && ((r.ClusterId != "" && r.ClusterId != p.cluster) || (r.NodeName != "" && r.NodeName != p.node)) {
		return nil, refuse(pb.ErrorReason_ERROR_REASON_WRONG_OWNER, "this endpoint serves another cluster or node")
	}
	made := &session{id: newID(), instance: r.InstanceId, isOwner: isOwner, ended: make(chan struct{})}
	if isOwner {
		if err := p.takeOver(r, made); err != nil {
			return nil, err
		}
	}
	p.remember(made)
	answer := &pb.HandshakeResponse{
		Revision: revision, SessionId: made.id, ProviderName: "go-example", ProviderVersion: version,
		InstanceId: p.instance, Epoch: p.instance, Capabilities: capabilities,
		Limits: &pb.Limits{MaxMessageBytes: ptr(uint32(maxMessage))},
	}
	for _, each := range features {
		level := pb.FeatureLevel_FEATURE_LEVEL_HONOURED
		answer.Features = append(answer.Features, &pb.FeatureSupport{Feature: each, Level: level})
	}
	return answer, nil
}

func (p *provider) takeOver(r *pb.HandshakeRequest, made *session) error {
	if r.GetFencing() < 1 || r.ClusterId == "" || r.NodeName == "" || r.NodeConfiguration == nil {
		return bad("an OWNER gives fencing, cluster_id, node_name and node_configuration")
	}
	isOther := p.current != nil && p.current.instance != r.InstanceId
	if *r.Fencing < p.fencing || (*r.Fencing == p.fencing && isOther) {
		return refuse(pb.ErrorReason_ERROR_REASON_SESSION_SUPERSEDED, "a newer owner has taken over",
			"fencing", strconv.FormatUint(p.fencing, 10))
	}
	if p.current != nil {
		reason := pb.ErrorReason_ERROR_REASON_SESSION
		if isOther {
			reason = pb.ErrorReason_ERROR_REASON_SESSION_SUPERSEDED
		}
		p.current.close(reason)
	}
	p.current, p.fencing = made, *r.Fencing
	if p.cluster == "" { // only now the inventory can be complete
		p.cluster, p.node = r.ClusterId, r.NodeName
		p.load()
	}
	return nil
}

func (p *provider) load() {
	folders, _ := filepath.Glob(filepath.Join(p.state, "pods", "*"))
	for _, folder := range folders {
		if one := loadPod(p, folder); one != nil {
			p.pods[one.seen.Uid] = one
			one.publish()
			if one.seen.Stage != pb.PodStage_POD_STAGE_ENDED {
				go one.live()
			}
		}
	}
}

// remember keeps a session, and of each kind the last 64 besides the owner's.
func (p *provider) remember(made *session) {
	p.sessions[made.id] = made
	p.order = append(p.order, made)
	count := 0
	for at := len(p.order) - 1; at >= 0; at-- {
		each := p.order[at]
		if each.isOwner != made.isOwner || each == p.current {
			continue
		}
		if count++; count > mostSessions {
			each.close(pb.ErrorReason_ERROR_REASON_SESSION)
			delete(p.sessions, each.id)
			p.order = slices.Delete(p.order, at, at+1)
		}
	}
}

// GetNode tells of the node.
func (p *provider) GetNode(context.Context, *pb.GetNodeRequest) (*pb.GetNodeResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cluster == "" {
		return &pb.GetNodeResponse{State: pb.ProviderState_PROVIDER_STATE_STARTING, Reason: "NoOwnerYet"}, nil
	}
	var info syscall.Sysinfo_t
	_ = syscall.Sysinfo(&info)
	hostname, _ := os.Hostname()
	return &pb.GetNodeResponse{
		State: pb.ProviderState_PROVIDER_STATE_READY, InventoryComplete: true, ValidForSeconds: 60,
		Info: map[string]string{"pods": strconv.Itoa(len(p.pods))},
		Node: &pb.NodeState{
			Capacity: map[string]string{
				"cpu":    strconv.Itoa(runtime.NumCPU()),
				"memory": strconv.FormatUint(uint64(info.Totalram)*uint64(info.Unit), 10),
				"pods":   "110",
			},
			Addresses: []*pb.NodeAddress{
				{Type: "InternalIP", Address: p.address},
				{Type: "Hostname", Address: hostname},
			},
			OperatingSystem: "linux", Architecture: runtime.GOARCH,
			ContainerRuntimeName: "go-example", ContainerRuntimeVersion: version,
		},
	}, nil
}

// CreatePod takes a pod over.
func (p *provider) CreatePod(_ context.Context, r *pb.CreatePodRequest) (*pb.CreatePodResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	parsed, err := p.checked(r)
	if err != nil {
		return nil, err
	}
	if r.StartTime == nil {
		return nil, bad("start_time is required")
	}
	if one := p.pods[r.Uid]; one != nil {
		return &pb.CreatePodResponse{BackendId: one.seen.BackendId}, p.createAgain(one, parsed, r)
	}
	if p.hasTombstone(r.Uid) {
		return nil, refuse(pb.ErrorReason_ERROR_REASON_TOMBSTONED, "this UID is over")
	}
	if err := p.complete(); err != nil {
		return nil, err
	}
	if err := checkFeatures(r.Inputs); err != nil {
		return nil, err
	}
	one, err := p.newPod(parsed, r)
	if err != nil {
		return nil, err
	}
	return &pb.CreatePodResponse{BackendId: one.seen.BackendId}, nil
}

func (p *provider) createAgain(one *pod, parsed *manifest, r *pb.CreatePodRequest) error {
	switch {
	case one.seen.NeedsInputs && r.InputVersion < one.seen.InputVersion:
		return nil
	case one.seen.NeedsInputs:
		if err := checkFeatures(r.Inputs); err != nil {
			return err
		}
		one.seen.NeedsInputs = false
		one.take(parsed, r)
		one.inputs, one.seen.InputVersion = r.Inputs, r.InputVersion
		one.publish()
		return nil
	case string(r.SpecDigest) != string(one.seen.SpecDigest) && mutant != "M-CREATE-04-takes-another-digest-silently":
		return refuse(pb.ErrorReason_ERROR_REASON_SPEC_CONFLICT, "the UID is known with another manifest")
	}
	return newInputs(one, r.Inputs, r.InputVersion)
}

func (p *provider) newPod(parsed *manifest, r *pb.CreatePodRequest) (*pod, error) {
	digest := sha256.Sum256([]byte(r.Uid))
	name := hex.EncodeToString(digest[:16])
	folder := filepath.Join(p.state, "pods", name)
	_ = os.RemoveAll(folder)
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, err
	}
	one := &pod{p: p, folder: folder, news: make(chan struct{}), inputs: r.Inputs}
	one.record = record{Cluster: p.cluster, Node: p.node, Processes: map[string]processID{}}
	one.seen = &pb.PodObservation{
		Uid: r.Uid, Namespace: parsed.Metadata.Namespace, Name: parsed.Metadata.Name, Epoch: p.instance,
		BackendId: name, InputVersion: r.InputVersion, Stage: pb.PodStage_POD_STAGE_ACCEPTED,
		Sandbox: pb.SandboxState_SANDBOX_STATE_NONE, PodIps: []string{p.address}, HostIps: []string{p.address},
	}
	for _, spec := range parsed.Spec.Containers {
		container := &pb.ContainerObservation{Name: spec.Name, Kind: pb.ContainerKind_CONTAINER_KIND_MAIN}
		for _, prior := range r.Prior {
			if prior.Name == spec.Name {
				container.RestartCount, container.LastTermination = prior.RestartCount, prior.LastTermination
			}
		}
		one.toWaiting(container, "ContainerCreating", "")
		one.seen.Containers = append(one.seen.Containers, container)
	}
	one.take(parsed, r)
	p.pods[r.Uid] = one
	one.publish()
	if err := syncFolder(filepath.Dir(folder)); err != nil {
		return nil, err
	}
	go one.live()
	return one, nil
}

// order is what CreatePod and UpdatePod have in common.
type order interface {
	GetUid() string
	GetSpecRevision() uint64
	GetSpecDigest() []byte
	GetManifest() *pb.Manifest
	GetInputs() *pb.PodInputs
}

func (o *pod) take(parsed *manifest, r order) {
	o.manifest, o.record.Policy = parsed, parsed.Spec.RestartPolicy
	o.seen.SpecRevision, o.seen.SpecDigest = r.GetSpecRevision(), r.GetSpecDigest()
}

// checked gives the manifest of a request that is complete.
func (p *provider) checked(r order) (*manifest, error) {
	one := p.pods[r.GetUid()]
	switch {
	case r.GetUid() == "" || r.GetManifest() == nil || r.GetInputs() == nil:
		return nil, bad("uid, manifest and inputs are required")
	case len(r.GetSpecDigest()) != 32 && (one == nil || !one.seen.NeedsInputs):
		return nil, bad("spec_digest must have 32 bytes")
	}
	var parsed manifest
	if json.Unmarshal(r.GetManifest().Json, &parsed) != nil || parsed.Metadata == nil || len(parsed.Spec.Containers) == 0 {
		return nil, bad("manifest.json is no Pod")
	}
	return &parsed, checkPaths(r.GetInputs())
}

// UpdatePod changes labels and annotations.
func (p *provider) UpdatePod(_ context.Context, r *pb.UpdatePodRequest) (*pb.UpdatePodResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	parsed, err := p.checked(r)
	if err != nil {
		return nil, err
	}
	if len(r.Changes) == 0 {
		return nil, bad("changes is required")
	}
	for _, change := range r.Changes {
		if change != pb.PodChange_POD_CHANGE_METADATA {
			return nil, refuse(pb.ErrorReason_ERROR_REASON_CAPABILITY, "this provider changes metadata only")
		}
	}
	one, err := p.find(r.Uid)
	switch {
	case err != nil:
		return nil, err
	case one.seen.NeedsInputs:
		return nil, refuse(pb.ErrorReason_ERROR_REASON_NOT_READY, "the pod needs inputs first")
	case string(r.SpecDigest) == string(one.seen.SpecDigest):
		return &pb.UpdatePodResponse{}, nil
	case r.SpecRevision <= one.seen.SpecRevision:
		return nil, refuse(pb.ErrorReason_ERROR_REASON_STALE_REVISION, "a newer manifest is in force")
	case one.seen.Stage >= pb.PodStage_POD_STAGE_STOPPING:
		return nil, refuse(pb.ErrorReason_ERROR_REASON_NOT_RUNNING, "the pod is stopping or ended")
	}
	if err := checkFeatures(r.Inputs); err != nil {
		return nil, err
	}
	if r.InputVersion > one.seen.InputVersion {
		one.inputs, one.seen.InputVersion = r.Inputs, r.InputVersion
	}
	one.take(parsed, r)
	one.publish()
	return &pb.UpdatePodResponse{}, nil
}

// UpdateInputs replaces the inputs.
func (p *provider) UpdateInputs(_ context.Context, r *pb.UpdateInputsRequest) (*pb.UpdateInputsResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.Uid == "" || r.Inputs == nil {
		return nil, bad("uid and inputs are required")
	}
	if err := checkPaths(r.Inputs); err != nil {
		return nil, err
	}
	one, err := p.find(r.Uid)
	if err != nil {
		return nil, err
	}
	if one.seen.NeedsInputs {
		return nil, refuse(pb.ErrorReason_ERROR_REASON_NOT_READY, "the pod needs CreatePod first")
	}
	return &pb.UpdateInputsResponse{}, newInputs(one, r.Inputs, r.InputVersion)
}

func newInputs(one *pod, inputs *pb.PodInputs, version uint64) error {
	if err := checkFeatures(inputs); err != nil {
		return err
	}
	if one.seen.Stage != pb.PodStage_POD_STAGE_ENDED && version > one.seen.InputVersion {
		one.inputs, one.seen.InputVersion = inputs, version
		one.publish()
	}
	return nil
}

// StopPod ends a pod.
func (p *provider) StopPod(_ context.Context, r *pb.StopPodRequest) (*pb.StopPodResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.Uid == "" || r.GraceSeconds == nil {
		return nil, bad("uid and grace_seconds are required; 0 is a number too")
	}
	one := p.pods[r.Uid]
	switch {
	case one == nil:
		if err := p.unknown(r.Uid); err != nil {
			return nil, err
		}
		p.bury(r.Uid)
	case one.seen.Stage != pb.PodStage_POD_STAGE_ENDED:
		cause, isKnown := causes[r.Reason]
		if !isKnown {
			cause = pb.TerminationCause_TERMINATION_CAUSE_USER
		}
		one.stop(time.Duration(*r.GraceSeconds)*time.Second, cause)
	}
	return &pb.StopPodResponse{}, nil
}

// ReleasePod forgets an ended pod.
func (p *provider) ReleasePod(_ context.Context, r *pb.ReleasePodRequest) (*pb.ReleasePodResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.Uid == "" {
		return nil, bad("uid is required")
	}
	one := p.pods[r.Uid]
	switch {
	case one == nil:
		if err := p.unknown(r.Uid); err != nil {
			return nil, err
		}
	case one.seen.Stage != pb.PodStage_POD_STAGE_ENDED:
		return nil, refuse(pb.ErrorReason_ERROR_REASON_STILL_RUNNING, "the pod has not ended")
	default:
		if err := os.Remove(filepath.Join(one.folder, "pod.json")); err != nil {
			return nil, err
		}
		if err := os.RemoveAll(one.folder); err != nil {
			return nil, err
		}
		delete(p.pods, r.Uid)
		if mutant != "M-WATCH-07-does-not-tell-of-a-release" {
			forgotten := &pb.WatchPodsResponse_PodForgotten{PodForgotten: &pb.PodForgotten{Uid: r.Uid}}
			p.tell(r.Uid, &pb.WatchPodsResponse{Event: forgotten})
		}
	}
	p.bury(r.Uid)
	return &pb.ReleasePodResponse{}, nil
}

// GetPod gives the observation of a pod.
func (p *provider) GetPod(_ context.Context, r *pb.GetPodRequest) (*pb.GetPodResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.Uid == "" {
		return nil, bad("uid is required")
	}
	one, err := p.find(r.Uid)
	if err != nil {
		return nil, err
	}
	return &pb.GetPodResponse{Pod: one.look()}, nil
}

func (p *provider) complete() error {
	if p.cluster == "" {
		return refuse(pb.ErrorReason_ERROR_REASON_NOT_READY, "the inventory is not complete before the first owner came")
	}
	return nil
}

// unknown says whether an unknown UID may be spoken of.
func (p *provider) unknown(uid string) error {
	if p.hasTombstone(uid) {
		return nil
	}
	return p.complete()
}

func (p *provider) find(uid string) (*pod, error) {
	if one := p.pods[uid]; one != nil {
		return one, nil
	}
	if err := p.unknown(uid); err != nil {
		return nil, err
	}
	return nil, refuse(pb.ErrorReason_ERROR_REASON_POD, "there is no such pod")
}

func (p *provider) bury(uid string) {
	if mutant != "M-CREATE-14-forgets-tombstones" {
		p.tombstones[uid] = time.Now().Add(tombstone)
	}
}

func (p *provider) hasTombstone(uid string) bool {
	for each, until := range p.tombstones {
		if time.Now().After(until) {
			delete(p.tombstones, each)
		}
	}
	_, found := p.tombstones[uid]
	return found
}

func checkFeatures(inputs *pb.PodInputs) error {
	for _, each := range inputs.AdmittedFeatures {
		if !slices.Contains(features, each) {
			return refuse(pb.ErrorReason_ERROR_REASON_UNSUPPORTED_FEATURE, "inputs.admitted_features holds an undeclared one")
		}
	}
	return nil
}

func checkPaths(inputs *pb.PodInputs) error {
	for _, volume := range inputs.Volumes {
		for _, file := range volume.Files {
			if !filepath.IsLocal(file.Path) || filepath.Clean(file.Path) != file.Path {
				return bad("inputs.volumes.files.path must be relative, without empty, '.' or '..' parts")
			}
		}
	}
	return nil
}

func newID() string { return strings.ToLower(rand.Text()) }

func ptr[T any](value T) *T { return &value }

// ownAddress is the address that this host uses towards others; nothing is sent.
func ownAddress() string {
	probe, err := net.Dial("udp", "192.0.2.1:9")
	if err != nil {
		return "127.0.0.1"
	}
	defer probe.Close()
	return probe.LocalAddr().(*net.UDPAddr).IP.String()
}
