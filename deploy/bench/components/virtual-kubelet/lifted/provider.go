package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/virtual-kubelet/virtual-kubelet/errdefs"
	"github.com/virtual-kubelet/virtual-kubelet/node/api"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	statsv1alpha1 "k8s.io/kubelet/pkg/apis/stats/v1alpha1"
)

const waitingNotices = 16384

var errNotOffered = errors.New("not offered")

// memoryProvider runs every pod at once and ends it at once.
type memoryProvider struct {
	mu      sync.Mutex
	pods    map[string]*v1.Pod
	notices chan *v1.Pod
}

func newMemoryProvider() *memoryProvider {
	return &memoryProvider{pods: map[string]*v1.Pod{}, notices: make(chan *v1.Pod, waitingNotices)}
}

// NotifyPods hands every change on, in the order in which they came.
func (p *memoryProvider) NotifyPods(ctx context.Context, notify func(*v1.Pod)) {
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case pod := <-p.notices:
				notify(pod)
			}
		}
	}()
}

func (p *memoryProvider) CreatePod(_ context.Context, pod *v1.Pod) error {
	running := pod.DeepCopy()
	running.Status = runningStatus(running, metav1.NewTime(time.Now()))
	p.keep(running)
	return nil
}

func (p *memoryProvider) UpdatePod(_ context.Context, pod *v1.Pod) error {
	updated := pod.DeepCopy()
	p.mu.Lock()
	if known, found := p.pods[keyOf(pod)]; found {
		updated.Status = known.Status
	}
	p.mu.Unlock()
	p.keep(updated)
	return nil
}

func (p *memoryProvider) DeletePod(_ context.Context, pod *v1.Pod) error {
	p.mu.Lock()
	known, found := p.pods[keyOf(pod)]
	delete(p.pods, keyOf(pod))
	p.mu.Unlock()
	if !found {
		return errdefs.NotFound("pod not found")
	}
	ended := known.DeepCopy()
	end(&ended.Status, metav1.NewTime(time.Now()))
	p.notices <- ended
	return nil
}

func (p *memoryProvider) keep(pod *v1.Pod) {
	p.mu.Lock()
	p.pods[keyOf(pod)] = pod
	p.mu.Unlock()
	p.notices <- pod
}

func (p *memoryProvider) GetPod(_ context.Context, namespace, name string) (*v1.Pod, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pod, found := p.pods[namespace+"/"+name]; found {
		return pod, nil
	}
	return nil, errdefs.NotFound("pod not found")
}

func (p *memoryProvider) GetPodStatus(ctx context.Context, namespace, name string) (*v1.PodStatus, error) {
	pod, err := p.GetPod(ctx, namespace, name)
	if err != nil {
		return nil, err
	}
	return &pod.Status, nil
}

func (p *memoryProvider) GetPods(context.Context) ([]*v1.Pod, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	pods := make([]*v1.Pod, 0, len(p.pods))
	for _, pod := range p.pods {
		pods = append(pods, pod)
	}
	return pods, nil
}

func runningStatus(pod *v1.Pod, now metav1.Time) v1.PodStatus {
	status := v1.PodStatus{Phase: v1.PodRunning, HostIP: "127.0.0.1", PodIP: "10.0.0.1", StartTime: &now}
	for _, kind := range []v1.PodConditionType{v1.PodScheduled, v1.PodInitialized, v1.ContainersReady, v1.PodReady} {
		condition := v1.PodCondition{Type: kind, Status: v1.ConditionTrue, LastTransitionTime: now}
		status.Conditions = append(status.Conditions, condition)
	}
	for _, container := range pod.Spec.Containers {
		state := v1.ContainerState{Running: &v1.ContainerStateRunning{StartedAt: now}}
		status.ContainerStatuses = append(status.ContainerStatuses,
			v1.ContainerStatus{Name: container.Name, Image: container.Image, Ready: true, State: state})
	}
	return status
}

func end(status *v1.PodStatus, now metav1.Time) {
	status.Phase = v1.PodSucceeded
	for index := range status.ContainerStatuses {
		container := &status.ContainerStatuses[index]
		started := metav1.Time{}
		if container.State.Running != nil {
			started = container.State.Running.StartedAt
		}
		terminated := &v1.ContainerStateTerminated{Reason: "Completed", StartedAt: started, FinishedAt: now}
		container.Ready, container.State = false, v1.ContainerState{Terminated: terminated}
	}
}

func keyOf(pod *v1.Pod) string { return pod.Namespace + "/" + pod.Name }

func (p *memoryProvider) GetContainerLogs(context.Context, string, string, string, api.ContainerLogOpts) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader("")), nil
}

func (p *memoryProvider) RunInContainer(context.Context, string, string, string, []string, api.AttachIO) error {
	return errNotOffered
}

func (p *memoryProvider) AttachToContainer(context.Context, string, string, string, api.AttachIO) error {
	return errNotOffered
}

func (p *memoryProvider) GetStatsSummary(context.Context) (*statsv1alpha1.Summary, error) {
	return nil, errNotOffered
}

func (p *memoryProvider) GetMetricsResource(context.Context) ([]*dto.MetricFamily, error) {
	return nil, errNotOffered
}

func (p *memoryProvider) PortForward(context.Context, string, string, int32, io.ReadWriteCloser) error {
	return errNotOffered
}
