// Runs virtual-kubelet's own end-to-end tests, all of them, against a node of any kind.
package suite

import (
	"flag"
	"testing"
	"time"

	"github.com/virtual-kubelet/virtual-kubelet/test/e2e"
)

var (
	kubeconfig = flag.String("kubeconfig", "", "kubeconfig file with rights on nodes, pods and events")
	namespace  = flag.String("namespace", "default", "namespace for the pods")
	nodeName   = flag.String("node-name", "", "the node to test")
	timeout    = flag.Duration("watch-timeout", time.Minute, "longest wait for one condition")
)

func TestEndToEnd(t *testing.T) {
	suite := e2e.NewEndToEndTestSuite(e2e.EndToEndTestSuiteConfig{
		Kubeconfig:   *kubeconfig,
		Namespace:    *namespace,
		NodeName:     *nodeName,
		WatchTimeout: *timeout,
	})
	suite.Run(t)
}
