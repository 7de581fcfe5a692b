//go:build tools

// Pins what the suite builds: Kubernetes' own tests and the runner that starts them in parallel.
package tools

import (
	_ "github.com/onsi/ginkgo/v2/ginkgo"
	_ "k8s.io/kubernetes/test/e2e"
)
