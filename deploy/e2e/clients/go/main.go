// Runs exec and port-forward with client-go and tells in one line of JSON what came back.
//
// Environment: KUBECONFIG, NAMESPACE, PORT (of the echo server in the pod "echo"), TRANSPORT (spdy or websocket).
// Standard input: the payload.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/client-go/util/exec"
)

const timeout = 60 * time.Second

type execReport struct {
	Stdout string `json:"stdout"`
	Stderr string `json:"stderr"`
	Code   int    `json:"code"`
}

type report struct {
	Exec    execReport `json:"exec"`
	Forward string     `json:"forward"`
}

type caller struct {
	config    *rest.Config
	clientset *kubernetes.Clientset
	namespace string
	transport string
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	clientset, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	payload, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	c := caller{config, clientset, os.Getenv("NAMESPACE"), os.Getenv("TRANSPORT")}
	ran, err := c.exec(ctx, payload)
	if err != nil {
		return fmt.Errorf("exec: %w", err)
	}
	echoed, err := c.forward(os.Getenv("PORT"), payload)
	if err != nil {
		return fmt.Errorf("port-forward: %w", err)
	}
	return json.NewEncoder(os.Stdout).Encode(report{ran, echoed})
}

func (c caller) url(pod, subresource string) *rest.Request {
	return c.clientset.CoreV1().RESTClient().Post().Resource("pods").Namespace(c.namespace).Name(pod).SubResource(subresource)
}

func (c caller) exec(ctx context.Context, payload []byte) (execReport, error) {
	options := &corev1.PodExecOptions{
		Container: "main",
		Command:   []string{"sh", "-c", "cat; echo err >&2; exit 7"},
		Stdin:     true,
		Stdout:    true,
		Stderr:    true,
	}
	url := c.url("plain", "exec").VersionedParams(options, scheme.ParameterCodec).URL()
	executor, err := c.executor(url)
	if err != nil {
		return execReport{}, err
	}
	var stdout, stderr bytes.Buffer
	err = executor.StreamWithContext(ctx, remotecommand.StreamOptions{
		Stdin:  bytes.NewReader(payload),
		Stdout: &stdout,
		Stderr: &stderr,
	})
	var exit exec.CodeExitError
	if err != nil && !errors.As(err, &exit) {
		return execReport{}, err
	}
	return execReport{sum(stdout.Bytes()), stderr.String(), exit.Code}, nil
}

func (c caller) executor(url *url.URL) (remotecommand.Executor, error) {
	if c.transport == "websocket" {
		return remotecommand.NewWebSocketExecutor(c.config, http.MethodGet, url.String())
	}
	return remotecommand.NewSPDYExecutor(c.config, http.MethodPost, url)
}

func (c caller) forward(port string, payload []byte) (string, error) {
	dialer, err := c.dialer(c.url("echo", "portforward").URL())
	if err != nil {
		return "", err
	}
	stop, ready := make(chan struct{}), make(chan struct{})
	forwarder, err := portforward.New(dialer, []string{"0:" + port}, stop, ready, io.Discard, os.Stderr)
	if err != nil {
		return "", err
	}
	ended := make(chan error, 1)
	go func() { ended <- forwarder.ForwardPorts() }()
	select {
	case err := <-ended:
		return "", err
	case <-ready:
	}
	defer close(stop)
	ports, err := forwarder.GetPorts()
	if err != nil {
		return "", err
	}
	return echo(ports[0].Local, payload)
}

func (c caller) dialer(url *url.URL) (httpstream.Dialer, error) {
	if c.transport == "websocket" {
		return portforward.NewSPDYOverWebsocketDialer(url, c.config)
	}
	transport, upgrader, err := spdy.RoundTripperFor(c.config)
	if err != nil {
		return nil, err
	}
	return spdy.NewDialer(upgrader, &http.Client{Transport: transport}, http.MethodPost, url), nil
}

func echo(port uint16, payload []byte) (string, error) {
	connection, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return "", err
	}
	defer connection.Close()
	sent := make(chan error, 1)
	go func() {
		_, err := connection.Write(payload)
		sent <- errors.Join(err, connection.(*net.TCPConn).CloseWrite())
	}()
	echoed, err := io.ReadAll(connection)
	return sum(echoed), errors.Join(err, <-sent)
}

func sum(data []byte) string {
	digest := sha256.Sum256(data)
	return hex.EncodeToString(digest[:])
}
