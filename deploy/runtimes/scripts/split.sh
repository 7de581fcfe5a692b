#!/bin/sh
# Second stage: the cgroup namespace is ours. On cgroup v2 processes may not stay in an inner group, so they move to a leaf.
set -e
if [ -e "/sys/fs/cgroup/$1/cgroup.controllers" ]; then
  mkdir -p "/sys/fs/cgroup/$1/init"
  echo $$ >"/sys/fs/cgroup/$1/init/cgroup.procs"
fi
exec unshare --mount --net --pid --uts --fork --kill-child --mount-proc sh "$(dirname "$0")/inside.sh" "$@"
