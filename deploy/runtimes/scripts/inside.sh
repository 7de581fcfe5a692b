#!/bin/sh
# Third stage, as process 1 of the new namespaces: mounts, loopback, the node's address; then the command, and its exit code.
set -e
folder=$2
shift 2
mount --make-rshared /

hierarchies=$(awk '$3 == "cgroup" || $3 == "cgroup2" { print $2, $3, $4 }' /proc/self/mounts)
umount -R /sys/fs/cgroup
case $hierarchies in
"/sys/fs/cgroup cgroup2"*) ;;
*) mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup ;;
esac
echo "$hierarchies" | while read -r place type options; do
  mkdir -p "$place"
  if [ "$type" = cgroup2 ]; then
    mount -t cgroup2 cgroup2 "$place"
    continue
  fi
  options=$(echo "$options" | tr , '\n' | grep -vE '^(rw|ro|nosuid|nodev|noexec|relatime|noatime)$' | paste -sd, -)
  case $options in name=*) options=none,$options ;; esac
  mount -t cgroup -o "$options" cgroup "$place"
done
# Tests look for the hierarchies under the joined name that most machines with cgroup v1 have.
if [ -d /sys/fs/cgroup/cpu ] && [ ! -e /sys/fs/cgroup/cpu,cpuacct ]; then
  mkdir /sys/fs/cgroup/cpu,cpuacct
  mount --bind /sys/fs/cgroup/cpu /sys/fs/cgroup/cpu,cpuacct
fi
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
    echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control || true
  done
fi

# State of runtimes that has no other place: private, gone with us.
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/netns /run/lock /var/lib/cni
mount -t tmpfs -o mode=755 tmpfs /var/lib/cni
for file in hosts resolv.conf; do
  cp -L "/etc/$file" "$folder/$file" 2>/dev/null || : >"$folder/$file"
  if [ -e "/etc/$file" ]; then mount --bind "$folder/$file" "/etc/$file"; fi
done

# Names are looked up at the node's own DNS address, where nobody answers, and that at once.
cat >/etc/resolv.conf <<END
nameserver 10.200.0.53
search example.test
options ndots:2
END
ip link set lo up
ip addr add 10.200.0.53/32 dev lo
ip link add node0 type veth peer name node1
ip addr add 10.200.0.1/24 dev node0
ip link set node0 up
ip link set node1 up
ip route add default via 10.200.0.254 dev node0
echo 1 >/proc/sys/net/ipv4/ip_forward

set +e
"$@" &
command=$!
trap 'kill -TERM $command' TERM INT
wait $command
code=$?
while kill -0 $command 2>/dev/null; do
  wait $command
  code=$?
done
exit $code
