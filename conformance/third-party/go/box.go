// Processes: the box of a container, and how to know a process again.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	pb "outboard.dev/examples/provider/generated/outboard/provider/v1"
)

// The host's files below a layer of its own, its volumes, its host name. The script says "ready" and holds the namespaces
// open until its standard input ends; by then the container's process is in them.
const boxScript = `
set -e
box=$1 name=$2; shift 2
[ -z "$name" ] || echo "$name" > /proc/sys/kernel/hostname
mount -t tmpfs tmpfs "$box"
mkdir "$box/up" "$box/work" "$box/tree"
mount -t overlay overlay -o "lowerdir=/,upperdir=$box/up,workdir=$box/work" "$box/tree"
for each in proc dev sys; do mount --rbind "/$each" "$box/tree/$each"; done
while [ $# -gt 0 ]; do
  target=$box/tree$2
  if [ -d "$1" ]; then mkdir -p "$target"; mount -o bind,ro "$1" "$target"
  else mkdir -p "${target%/*}"; rm -f "$target"; cat "$1" > "$target"
  fi
  shift 2
done
exec chroot "$box/tree" sh -c 'echo ready; exec cat > /dev/null'
`

type mount struct{ source, target string }

// runInBox starts a command in a box of its own. What it prints goes to the file.
func runInBox(folder, hostname string, mounts []mount, command, env []string, output *os.File) (*exec.Cmd, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	args := []string{"--mount", "--uts", "sh", "-c", boxScript, "box", folder, hostname}
	for _, each := range mounts {
		args = append(args, each.source, each.target)
	}
	box := exec.Command("unshare", args...)
	box.Dir = "/"
	var problem bytes.Buffer
	box.Stderr = &problem
	hold, err := box.StdinPipe()
	if err != nil {
		return nil, err
	}
	said, err := box.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := box.Start(); err != nil {
		return nil, err
	}
	defer func() { _ = hold.Close(); _ = box.Wait() }()
	if line, _ := bufio.NewReader(said).ReadString('\n'); line != "ready\n" {
		_, _ = io.Copy(io.Discard, said)
		_ = box.Wait()
		return nil, fmt.Errorf("no namespaces for the container: %s", strings.TrimSpace(problem.String()))
	}
	process := inside(box.Process.Pid, command)
	process.Env, process.Stdout, process.Stderr = env, output, output
	if err := process.Start(); err != nil {
		return nil, err
	}
	waitUntilEntered(process.Process.Pid)
	return process, nil
}

// inside is a command where a process is, in a process group of its own.
func inside(pid int, command []string) *exec.Cmd {
	args := []string{fmt.Sprintf("--target=%d", pid), "--mount", "--uts", "--root", "--wd", "--"}
	process := exec.Command("nsenter", append(args, command...)...)
	process.Dir = "/"
	process.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return process
}

// waitUntilEntered waits until nsenter has become the command: only then the box may be closed.
func waitUntilEntered(pid int) {
	for startTicks(pid) != 0 {
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if len(line) > 0 && !bytes.HasPrefix(line, []byte("nsenter\x00--target=")) {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// startTicks says when the kernel started a process; 0: there is none. A number alone may be another process by now.
func startTicks(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if fields[0] == "Z" {
		return 0
	}
	ticks, _ := strconv.ParseInt(fields[19], 10, 64)
	return ticks
}

func signalGroup(pid int, number syscall.Signal) { _ = syscall.Kill(-pid, number) }

// writeFile writes one file of a volume.
func writeFile(root string, file *pb.FileInput) error {
	path := filepath.Join(root, file.Path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, file.Content, 0o600); err != nil {
		return err
	}
	if file.Uid != nil {
		gid := file.GetUid()
		if file.Gid != nil {
			gid = file.GetGid()
		}
		if err := os.Chown(path, int(file.GetUid()), int(gid)); err != nil {
			return err
		}
	}
	return os.Chmod(path, os.FileMode(file.Mode&0o777))
}

// store writes a file so that after a crash it is there as a whole, the old one or the new one.
func store(path string, content []byte) error {
	file, err := os.OpenFile(path+".draft", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Sync(), file.Close(), os.Rename(path+".draft", path), syncFolder(filepath.Dir(path)))
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
