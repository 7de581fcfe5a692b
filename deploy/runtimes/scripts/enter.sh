#!/bin/sh
# enter.sh NAME FOLDER COMMAND ARGS...: runs the command in network, mount, pid, uts and cgroup namespaces of its own.
# First stage, outside: a cgroup NAME in every hierarchy, which becomes the root of the cgroup namespace.
set -e
name=$1
here=$(dirname "$0")
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then roots=/sys/fs/cgroup; else roots=/sys/fs/cgroup/*; fi
for root in $roots; do
  [ -e "$root/cgroup.procs" ] || continue
  mkdir -p "$root/$name"
  if [ -e "$root/$name/cpuset.cpus" ] && [ -e "$root/$name/notify_on_release" ]; then
    cat "$root/cpuset.cpus" >"$root/$name/cpuset.cpus"
    cat "$root/cpuset.mems" >"$root/$name/cpuset.mems"
  fi
  echo $$ >"$root/$name/cgroup.procs"
done
exec unshare --cgroup sh "$here/split.sh" "$@"
