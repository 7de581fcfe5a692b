//go:build programs

// Package programs names what is built from here, so that go.mod keeps what they need.
package programs

import (
	_ "k8s.io/kubernetes/test/images/agnhost"
	_ "k8s.io/kubernetes/test/images/nonewprivs"
)
