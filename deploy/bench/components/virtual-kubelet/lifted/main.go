// The peer at its best: virtual-kubelet's library with its client's and its queues' limits lifted and many workers,
// before a provider in memory that holds its lock for a moment only and notifies from a goroutine of its own.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/virtual-kubelet/virtual-kubelet/node"
	"github.com/virtual-kubelet/virtual-kubelet/node/nodeutil"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/workqueue"
)

const (
	clientQPS   = 1000
	clientBurst = 2000
	workers     = 100
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "kubeconfig file of an administrator")
	nodeName := flag.String("nodename", "", "name of the node")
	pods := flag.Int64("pods", 110, "pods that the node has room for")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *kubeconfig, *nodeName, *pods); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, kubeconfig, nodeName string, pods int64) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = clientQPS, clientBurst
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	newProvider := func(cfg nodeutil.ProviderConfig) (nodeutil.Provider, node.NodeProvider, error) {
		room := capacity(pods)
		cfg.Node.Status.Capacity, cfg.Node.Status.Allocatable = room, room
		return newMemoryProvider(), nil, nil
	}
	configure := func(cfg *nodeutil.NodeConfig) error {
		cfg.NumWorkers = workers
		cfg.NodeSpec.Status.Addresses = []v1.NodeAddress{{Type: v1.NodeInternalIP, Address: "127.0.0.1"}}
		cfg.NodeSpec.Status.NodeInfo.OperatingSystem = "linux"
		return nil
	}
	virtualNode, err := nodeutil.NewNode(nodeName, newProvider, configure,
		nodeutil.WithClient(client), nodeutil.WithPodControllerConfigOverrides(liftQueues))
	if err != nil {
		return err
	}
	return virtualNode.Run(ctx)
}

// liftQueues replaces the queues' bucket of ten a second; what fails is still retried later and later.
func liftQueues(cfg *node.PodControllerConfig) error {
	cfg.SyncPodsFromKubernetesRateLimiter = onlyFailures()
	cfg.DeletePodsFromKubernetesRateLimiter = onlyFailures()
	cfg.SyncPodStatusFromProviderRateLimiter = onlyFailures()
	return nil
}

func onlyFailures() workqueue.TypedRateLimiter[any] {
	return workqueue.NewTypedItemExponentialFailureRateLimiter[any](time.Millisecond, time.Second)
}

func capacity(pods int64) v1.ResourceList {
	return v1.ResourceList{
		v1.ResourceCPU:    resource.MustParse("10000"),
		v1.ResourceMemory: resource.MustParse("10Ti"),
		v1.ResourcePods:   *resource.NewQuantity(pods, resource.DecimalSI),
	}
}
