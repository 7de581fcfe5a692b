// A small provider of outboard.provider.v1: each pod is a group of processes of this host. Made from the contract's proto
// files alone; README.md walks through it. Needs Linux and root.
package main

import (
	"flag"
	"log"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	pb "outboard.dev/examples/provider/generated/outboard/provider/v1"
)

const maxMessage = 16 << 20

// One wanted fault, so that the suite can show that it sees it. Empty in earnest.
var mutant = os.Getenv("OUTBOARD_MUTANT")

func main() {
	log.SetFlags(0)
	listen := flag.String("listen", "", "unix:///PATH of the socket")
	state := flag.String("state", "", "folder of its own")
	flag.Parse()
	path, isUnix := strings.CutPrefix(*listen, "unix://")
	if !isUnix || *state == "" {
		log.Fatal("--listen must be unix:///PATH, and --state a folder")
	}
	must(os.MkdirAll(filepath.Join(*state, "pods"), 0o700))
	lock, err := os.OpenFile(filepath.Join(*state, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	must(err)
	if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		log.Fatalf("another provider uses %s", *state)
	}
	_ = os.Remove(path)
	syscall.Umask(0o077) // the socket is for its owner alone
	listener, err := net.Listen("unix", path)
	must(err)
	syscall.Umask(0o022)
	must(os.Chmod(path, 0o600))
	serve(listener, newProvider(*state))
}

func serve(listener net.Listener, p *provider) {
	server := grpc.NewServer(
		grpc.MaxRecvMsgSize(maxMessage),
		grpc.UnaryInterceptor(p.unary),
		grpc.StreamInterceptor(p.stream),
	)
	pb.RegisterIdentityServiceServer(server, p)
	pb.RegisterNodeServiceServer(server, p)
	pb.RegisterPodServiceServer(server, p)
	pb.RegisterInteractionServiceServer(server, p)
	healthy := health.NewServer()
	healthpb.RegisterHealthServer(server, healthy)
	for _, name := range []string{"IdentityService", "NodeService", "PodService", "InteractionService"} {
		healthy.SetServingStatus("outboard.provider.v1."+name, healthpb.HealthCheckResponse_SERVING)
	}
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-stopped
		close(p.down) // streams end; pods run on
		time.AfterFunc(2*time.Second, server.Stop)
		server.GracefulStop()
	}()
	log.Printf("listening on unix://%s", listener.Addr())
	must(server.Serve(listener))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
