"""A small provider of outboard.provider.v1 in one file: each pod is a group of processes of this host.

Made from the contract's proto files alone; README.md walks through it. Needs Linux and root.
"""

import argparse
import asyncio
import base64
import collections
import contextlib
import fcntl
import functools
import hashlib
import json
import logging
import os
import pathlib
import platform
import shutil
import signal
import socket
import time
import uuid

import grpc
from google.protobuf import any_pb2, timestamp_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from outboard.provider.v1 import (
    errors_pb2,
    features_pb2,
    identity_pb2,
    identity_pb2_grpc,
    interaction_pb2,
    interaction_pb2_grpc,
    node_pb2,
    node_pb2_grpc,
    options_pb2,
    pod_inputs_pb2,
    pod_observation_pb2 as seen_pb2,
    pod_pb2,
    pod_pb2_grpc,
)

VERSION = "0.1.0"
REVISION = 1
CHUNK = 32 * 1024
MAX_MESSAGE = 16 * 1024 * 1024
HEARTBEAT_S = 5
TOMBSTONE_S = 3600
MOST_SESSIONS = 64
MOST_PENDING = 16
MOST_EVENTS = 64
LONGEST_BACKOFF_S = 300
IMAGE = "outboard.dev/host"

CAPABILITIES = [
    features_pb2.CAPABILITY_UPDATE_METADATA,
    features_pb2.CAPABILITY_LOGS,
    features_pb2.CAPABILITY_LOGS_FOLLOW,
    features_pb2.CAPABILITY_LOGS_PREVIOUS,
    features_pb2.CAPABILITY_EXEC,
    features_pb2.CAPABILITY_EXEC_STDIN,
]
FEATURES = [
    features_pb2.FEATURE_CONTAINERS_MULTIPLE,
    features_pb2.FEATURE_RESTART_POLICY_ALWAYS,
    features_pb2.FEATURE_RESTART_POLICY_ON_FAILURE,
    features_pb2.FEATURE_TERMINATION_GRACE,
]
CAUSES = {
    pod_pb2.STOP_REASON_DEADLINE: seen_pb2.TERMINATION_CAUSE_DEADLINE,
    pod_pb2.STOP_REASON_EVICTED: seen_pb2.TERMINATION_CAUSE_EVICTED,
    pod_pb2.STOP_REASON_PREEMPTED: seen_pb2.TERMINATION_CAUSE_PREEMPTED,
    pod_pb2.STOP_REASON_ORPHAN: seen_pb2.TERMINATION_CAUSE_ORPHAN,
}

# One wanted fault, so that the suite can show that it sees it. Empty in earnest.
MUTANT = os.environ.get("OUTBOARD_MUTANT", "")

log = logging.getLogger("provider")


# ---------------------------------------------------------------- errors and limits


class Refusal(Exception):
    """An error of the contract: the reason; its code stands in the proto file as an option of the reason."""

    def __init__(self, reason, message, **metadata):
        super().__init__(message)
        self.reason, self.message, self.metadata = reason, message, metadata

    async def send(self, context):
        value = errors_pb2.ErrorReason.DESCRIPTOR.values_by_name["ERROR_REASON_" + self.reason]
        code = getattr(grpc.StatusCode, value.GetOptions().Extensions[options_pb2.outboard_reason].code)
        info = any_pb2.Any()
        info.Pack(error_details_pb2.ErrorInfo(reason=self.reason, domain="outboard.dev", metadata=self.metadata))
        status = status_pb2.Status(code=code.value[0], message=self.message, details=[info])
        await context.abort(code, self.message, (("grpc-status-details-bin", status.SerializeToString()),))


def bad(message):
    return Refusal("BAD_REQUEST", message)


def check_limits(message, path=""):
    """Refuses what is over the limits that the fields of the proto files state."""
    for field, value in message.ListFields():
        options = field.GetOptions().Extensions
        where = path + field.name
        is_map = field.message_type is not None and field.message_type.GetOptions().map_entry
        many = field.is_repeated
        if many and options[options_pb2.outboard_max_items] and len(value) > options[options_pb2.outboard_max_items]:
            raise bad(f"{where} has too many elements")
        for each in [*value.keys(), *value.values()] if is_map else value if many else [value]:
            if field.message_type is not None and not is_map:
                check_limits(each, where + ".")
                continue
            most = options[options_pb2.outboard_max_bytes]
            if most and isinstance(each, (str, bytes)) and len(each.encode() if isinstance(each, str) else each) > most:
                raise bad(f"{where} is longer than {most} bytes")


def unary(*, session=True, observers=False):
    """Wraps a plain function as a unary call: session and limits first, refusals as statuses, nothing else gets out."""

    def decorate(method):
        @functools.wraps(method)
        async def handler(self, request, context):
            try:
                if session:
                    self.session_of(context, observers)
                check_limits(request)
                return method(self, request)
            except Refusal as refusal:
                await refusal.send(context)
            except Exception as error:
                await hide(error, context)

        return handler

    return decorate


def streaming(*, observers=False):
    """The same for an asynchronous generator."""

    def decorate(method):
        @functools.wraps(method)
        async def handler(self, request, context):
            try:
                session = self.session_of(context, observers)
                async with contextlib.aclosing(method(self, request, session)) as answers:
                    async for answer in answers:
                        yield answer
            except Refusal as refusal:
                await refusal.send(context)
            except Exception as error:
                await hide(error, context)

        return handler

    return decorate


async def hide(error, context):
    """Texts of unforeseen errors may hold secrets: the peer learns nothing, the log only the kind."""
    if isinstance(error, grpc.aio.AbortError):
        raise error
    if isinstance(error, ShuttingDown):
        await context.abort(grpc.StatusCode.UNAVAILABLE, "the provider shuts down")
    log.error("internal error: %s", type(error).__name__)
    await context.abort(grpc.StatusCode.INTERNAL, "internal error")


# ---------------------------------------------------------------- processes


def now():
    stamp = timestamp_pb2.Timestamp()
    stamp.GetCurrentTime()
    return stamp


def start_ticks(pid):
    """When the kernel started a process; None: there is none. A number alone may be another process by now."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


def signal_group(pid, number):
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


# The box of a container: the host's files below a layer of its own, its volumes, its host name. The script says "ready"
# and holds the namespaces open until its standard input ends; by then the container's process is in them.
BOX = """
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
"""


async def entered(process):
    """Waits until nsenter has become the command: only then the box may be closed."""
    with contextlib.suppress(OSError):
        while process.returncode is None:
            line = pathlib.Path(f"/proc/{process.pid}/cmdline").read_bytes()
            if line and not line.startswith(b"nsenter\0--target="):
                return
            await asyncio.sleep(0.002)


class Box:
    """Opens a box and closes it; what runs in it keeps it."""

    def __init__(self, folder, hostname, mounts):
        self.arguments = [str(folder), hostname, *[str(part) for pair in mounts for part in pair]]
        folder.mkdir(parents=True, exist_ok=True)

    async def __aenter__(self):
        self.process = await asyncio.create_subprocess_exec(
            *("unshare", "--mount", "--uts", "sh", "-c", BOX, "box", *self.arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            umask=0o022,
            cwd="/",
        )
        if await self.process.stdout.readline() != b"ready\n":
            text = (await self.process.stderr.read()).decode(errors="replace").strip()
            raise OSError(f"no namespaces for the container: {text}")
        return self.process.pid

    async def __aexit__(self, *_):
        self.process.stdin.close()
        await self.process.wait()


def enter(pid, command):
    """The command line that runs a command where a process is."""
    return ["nsenter", f"--target={pid}", "--mount", "--uts", "--root", "--wd", "--", *command]


# ---------------------------------------------------------------- a pod


class Pod:
    """One pod. `seen` is the observation: the state itself, stored before anybody is told."""

    def __init__(self, provider, folder, seen):
        self.provider, self.folder, self.seen = provider, folder, seen
        self.policy = "Always"
        self.stop_at = None  # wall clock, since it must survive the process
        self.pids = {}  # container name to (pid, start ticks)
        self.manifest, self.inputs = None, None  # in memory alone: they may hold secrets
        self.events = collections.deque(maxlen=MOST_EVENTS)
        self.events_seen = 0
        self.news = asyncio.get_running_loop().create_future()

    # -- what is kept

    @classmethod
    def load(cls, provider, folder):
        record = json.loads((folder / "pod.json").read_text())
        if record["owner"] != list(provider.owner):
            return None  # another cluster's or node's
        pod = cls(provider, folder, seen_pb2.PodObservation.FromString(base64.b64decode(record["seen"])))
        pod.policy, pod.stop_at, pod.pids = record["policy"], record["stop_at"], record["pids"]
        pod.seen.epoch, pod.seen.revision = provider.instance, 0
        pod.seen.needs_inputs = pod.seen.stage != seen_pb2.POD_STAGE_ENDED
        return pod

    def publish(self):
        """Stores the observation as a new revision, then tells everybody who watches or waits."""
        self.seen.revision += 1
        record = {
            "owner": self.provider.owner,
            "policy": self.policy,
            "stop_at": self.stop_at,
            "pids": self.pids,
            "seen": base64.b64encode(self.seen.SerializeToString()).decode(),
        }
        store(self.folder / "pod.json", json.dumps(record))
        self.provider.tell(self.seen.uid, pod_pb2.WatchPodsResponse(observation=self.look()))
        self.news.set_result(None)
        self.news = asyncio.get_running_loop().create_future()

    def happened(self, reason, container, message):
        """Something for people, as a Kubernetes Event."""
        self.events_seen += 1
        event = seen_pb2.PodEvent(
            uid=self.seen.uid,
            seq=self.events_seen,
            time=now(),
            type=seen_pb2.POD_EVENT_TYPE_NORMAL,
            reason=reason,
            container=container,
            message=message,
        )
        self.events.append(event)
        self.provider.tell(self.seen.uid, pod_pb2.WatchPodsResponse(pod_event=event))

    def look(self):
        copy = seen_pb2.PodObservation()
        copy.CopyFrom(self.seen)
        copy.observed_at.CopyFrom(now())
        return copy

    # -- orders

    def take(self, manifest, request):
        """A manifest and its inputs come into force, from CreatePod or UpdatePod."""
        self.manifest, self.inputs = manifest, request.inputs
        self.policy = manifest["spec"].get("restartPolicy", "Always")
        self.seen.spec_revision, self.seen.spec_digest = request.spec_revision, request.spec_digest
        self.seen.input_version = max(self.seen.input_version, request.input_version)

    def begin(self):
        self.task = asyncio.create_task(self.live())

    def stop(self, grace, cause):
        ends = time.time() + grace
        if self.stop_at is None:
            self.seen.stage, self.seen.cause, self.stop_at = seen_pb2.POD_STAGE_STOPPING, cause, ends
        elif ends < self.stop_at:
            self.stop_at = ends
        else:
            return
        self.publish()

    # -- life

    async def live(self):
        try:
            if self.seen.stage == seen_pb2.POD_STAGE_ACCEPTED:
                self.seen.stage, self.seen.sandbox = seen_pb2.POD_STAGE_PREPARING, seen_pb2.SANDBOX_STATE_READY
                self.publish()
            await asyncio.gather(*[self.live_container(each) for each in self.seen.containers])
            self.end()
        except Exception as error:
            log.error("pod %s: %s", self.seen.uid, type(error).__name__)

    async def live_container(self, container):
        restarts = 0
        process = None
        while True:
            if container.WhichOneof("state") != "running":
                process = await self.start(container)
                if process is None:
                    return  # stopped before it could start
            code = await self.end_of(container, process)
            started = container.running.since.seconds
            if not self.show_end(container, code):
                return
            restarts = 0 if time.time() - started > 2 * LONGEST_BACKOFF_S else restarts + 1
            if restarts > 1:
                await self.back_off(container, min(LONGEST_BACKOFF_S, 10 * 2 ** (restarts - 2)))

    async def start(self, container):
        """Waits until the container may start, and starts it."""
        while self.stop_at is None:
            problem = self.problem_of(container)
            try:
                if problem is None:
                    return await self.launch(container)
            except OSError as error:
                problem = ("CreateContainerError", str(error)[:4000])
            reason, message = problem
            if reason and (container.waiting.reason, container.waiting.message) != problem:
                self.to_waiting(container, reason, message)
                self.publish()
            await asyncio.wait({self.news}, timeout=10)
        return None

    def problem_of(self, container):
        """Why it cannot start now: reason and message for people; an empty reason changes nothing in what is shown."""
        if self.seen.needs_inputs:
            return ("", "")
        inputs = self.inputs_of(container)
        image = self.spec_of(container).get("image", "")
        if inputs.HasField("error"):
            return (inputs.error.reason, inputs.error.message)
        if image.partition(":")[0] != IMAGE:
            return ("ErrImagePull", f"this provider has the image {IMAGE} only")
        if not [*inputs.command, *inputs.args]:
            return ("CreateContainerError", "the host's files have no entry point: a command is needed")
        return None

    async def launch(self, container):
        inputs = self.inputs_of(container)
        instance = uuid.uuid4().hex
        command = [self.value(part) for part in [*inputs.command, *inputs.args]]
        async with Box(self.folder / "box" / instance, self.inputs.hostname, self.write_files(container)) as box:
            with open(self.folder / f"{instance}.log", "ab") as output:
                process = await asyncio.create_subprocess_exec(
                    *enter(box, command),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env=self.environment(inputs),
                    start_new_session=True,
                    umask=0o022,
                )
            await entered(process)
        self.pids[container.name] = (process.pid, start_ticks(process.pid))
        if container.HasField("terminated"):
            container.last_termination.CopyFrom(container.terminated)
        container.restart_count += 1 if container.container_id else 0
        container.will_restart = False
        container.container_id = instance
        container.running.since.CopyFrom(now())
        if self.seen.stage < seen_pb2.POD_STAGE_STARTED:
            self.seen.stage = seen_pb2.POD_STAGE_STARTED
        self.publish()
        self.happened("Started", container.name, "Container started")
        return process

    async def end_of(self, container, process):
        """Waits for the end of the container and makes it end when the pod stops; its return code, None: not known."""
        pid, ticks = self.pids[container.name]
        gone = asyncio.ensure_future(process.wait() if process is not None else vanished(pid, ticks))
        told = None
        while not gone.done():
            left = None
            if self.stop_at is not None:
                left = 0 if MUTANT == "M-STOP-08-ignores-the-grace" else max(0, self.stop_at - time.time())
                wanted = signal.SIGTERM if left > 0 else signal.SIGKILL
                if wanted != told:
                    signal_group(pid, wanted)
                    if told is None:
                        self.happened("Killing", container.name, f"Stopping container {container.name}")
                    told = wanted
            await asyncio.wait({gone, self.news}, timeout=left or None, return_when=asyncio.FIRST_COMPLETED)
        signal_group(pid, signal.SIGKILL)  # what it left behind
        return gone.result()

    def show_end(self, container, code):
        """Shows the end; True: another instance follows."""
        again = self.stop_at is None and (self.policy == "Always" or (self.policy == "OnFailure" and code != 0))
        end = seen_pb2.ContainerTerminated(
            since=container.running.since, until=now(), container_id=container.container_id
        )
        if code is None:
            end.ClearField("until")  # it ended while no provider looked
        else:
            end.exit_code = code if code >= 0 else 128 - code
            end.reason = "Completed" if code == 0 else "Error"
        if code is not None and code < 0:
            end.signal = -code
        if MUTANT == "M-OBS-04-cuts-exit-codes-above-127":
            end.exit_code = min(end.exit_code, 127)
        container.terminated.CopyFrom(end)
        container.will_restart = again
        self.drop_old_logs(container)
        self.publish()
        return again

    async def back_off(self, container, seconds):
        self.to_waiting(container, "CrashLoopBackOff", f"back-off {seconds}s restarting failed container")
        self.publish()
        until = time.monotonic() + seconds
        while self.stop_at is None and time.monotonic() < until:
            await asyncio.wait({self.news}, timeout=until - time.monotonic())

    def to_waiting(self, container, reason, message):
        if container.HasField("terminated"):
            container.last_termination.CopyFrom(container.terminated)
        container.waiting.CopyFrom(seen_pb2.ContainerWaiting(reason=reason, message=message))
        container.will_restart = False

    def end(self):
        """Nothing runs any more and nothing will."""
        for container in self.seen.containers:
            if container.HasField("waiting"):
                last = container.last_termination if container.container_id else seen_pb2.ContainerTerminated()
                container.terminated.CopyFrom(last)
                if container.container_id:
                    container.ClearField("last_termination")
            container.will_restart = False
        shutil.rmtree(self.folder / "volumes", ignore_errors=True)
        self.manifest, self.inputs = None, None
        self.seen.stage, self.seen.sandbox = seen_pb2.POD_STAGE_ENDED, seen_pb2.SANDBOX_STATE_GONE
        self.seen.needs_inputs = False
        self.publish()

    # -- what a container gets

    def spec_of(self, container):
        return next(each for each in self.manifest["spec"]["containers"] if each["name"] == container.name)

    def inputs_of(self, container):
        none = pod_inputs_pb2.ContainerInputs()
        return next((each for each in self.inputs.containers if each.name == container.name), none)

    def value(self, value):
        """The parts of a value, put together at each start."""
        address = self.provider.address.encode()
        return b"".join(part.literal if part.WhichOneof("part") == "literal" else address for part in value.parts)

    def environment(self, inputs):
        result = {b"PATH": b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        for each in inputs.env:
            if MUTANT == "M-INPUT-01-takes-the-first-value-of-a-name" and each.name.encode() in result:
                continue
            result[each.name.encode()] = self.value(each.value)
        return result

    def write_files(self, container):
        """Writes volumes, hosts and resolv.conf anew; pairs of source and path in the container."""
        folder = self.folder / "volumes" / container.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        mounts = []
        (folder / "hosts").write_text(self.hosts())
        mounts.append((folder / "hosts", "/etc/hosts"))
        if self.inputs.HasField("dns"):
            dns = self.inputs.dns
            lines = [*[f"nameserver {each}" for each in dns.servers], f"search {' '.join(dns.searches)}"]
            (folder / "resolv").write_text("\n".join([*lines, f"options {' '.join(dns.options)}", ""]))
            mounts.append((folder / "resolv", "/etc/resolv.conf"))
        volumes = {volume.name: volume for volume in self.inputs.volumes}
        for number, mount in enumerate(self.spec_of(container).get("volumeMounts") or []):
            if mount["name"] in volumes:  # one that is not listed was left out on purpose
                root = folder / f"v{number}"
                root.mkdir(mode=0o755)
                for file in volumes[mount["name"]].files:
                    write_file(root, file)
                os.chmod(root, 0o755)
                mounts.append((root, mount["mountPath"]))
        return mounts

    def hosts(self):
        lines = [
            "# Kubernetes-managed hosts file.",
            "127.0.0.1\tlocalhost",
            "::1\tlocalhost ip6-localhost ip6-loopback",
            "fe00::0\tip6-localnet",
            "fe00::0\tip6-mcastprefix",
            "fe00::1\tip6-allnodes",
            "fe00::2\tip6-allrouters",
            "\t".join([self.provider.address, *self.inputs.pod_host_names]),
        ]
        if self.inputs.hosts:
            lines += ["", "# Entries added by HostAliases."]
            lines += ["\t".join([entry.ip, *entry.hostnames]) for entry in self.inputs.hosts]
        return "\n".join([*lines, ""])

    # -- logs

    def log_of(self, instance):
        return self.folder / f"{instance}.log"

    def drop_old_logs(self, container):
        """The current and the previous instance keep theirs."""
        kept = {each.container_id for each in self.seen.containers}
        kept |= {each.last_termination.container_id for each in self.seen.containers}
        if not container.will_restart:
            return
        for file in self.folder.glob("*.log"):
            if file.stem not in kept:
                file.unlink()


async def vanished(pid, ticks):
    """Waits for the end of a process that an earlier provider started: nobody can tell its exit code."""
    while start_ticks(pid) == ticks:
        await asyncio.sleep(0.1)


def write_file(root, file):
    path = root / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    for parent in path.relative_to(root).parents:
        os.chmod(root / parent, 0o755)
    path.write_bytes(file.content)
    os.chmod(path, file.mode)
    if file.HasField("uid"):
        os.chown(path, file.uid, file.gid if file.HasField("gid") else file.uid)


def store(path, text):
    """Writes a file so that after a crash it is there as a whole, the old one or the new one."""
    draft = path.with_suffix(".draft")
    with open(draft, "w", encoding="utf8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    sync_folder(path.parent)


def sync_folder(path):
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# ---------------------------------------------------------------- sessions and watchers


class Session:
    def __init__(self, request):
        self.id = uuid.uuid4().hex
        self.is_owner = request.mode == identity_pb2.SESSION_MODE_OWNER
        self.instance = request.instance_id
        self.end = None  # the reason, once it is over
        self.watchers = set()

    def close(self, reason):
        self.end = reason
        for watcher in self.watchers:
            watcher.wake.set()


class Watcher:
    """What one WatchPods call has still to send: at most 16 observations of a pod, the oldest go first."""

    def __init__(self):
        self.queue = collections.deque()
        self.wake = asyncio.Event()

    def put(self, uid, message):
        mine = [each for each in self.queue if each[0] == uid and each[1].HasField("observation")]
        if len(mine) >= MOST_PENDING:
            self.queue.remove(mine[0])
        self.queue.append((uid, message))
        self.wake.set()


# ---------------------------------------------------------------- the services


class Provider(
    identity_pb2_grpc.IdentityServiceServicer,
    node_pb2_grpc.NodeServiceServicer,
    pod_pb2_grpc.PodServiceServicer,
    interaction_pb2_grpc.InteractionServiceServicer,
):
    def __init__(self, state):
        self.state = state
        self.instance = uuid.uuid4().hex  # and the epoch: revisions begin again with each process
        self.owner = None  # (cluster_id, node_name) of the first owner
        self.sessions = collections.OrderedDict()
        self.current = None  # the owner's session
        self.fencing = 0
        self.pods = {}
        self.tombstones = {}  # uid to when it may be forgotten
        self.watchers = set()
        self.is_down = False
        self.address = own_address()

    # -- sessions

    @unary(session=False)
    def Handshake(self, request):
        if not (request.revisions and request.gateway_name and request.instance_id):
            raise bad("revisions, gateway_name and instance_id are required")
        if request.mode not in (identity_pb2.SESSION_MODE_OWNER, identity_pb2.SESSION_MODE_OBSERVER):
            raise bad("mode must be OWNER or OBSERVER")
        if REVISION not in request.revisions:
            theirs = ",".join(map(str, request.revisions))
            both = {"gateway_revisions": theirs, "provider_revisions": str(REVISION)}
            raise Refusal("NO_COMMON_REVISION", f"this provider speaks revision {REVISION} only", **both)
        session = Session(request)
        if session.is_owner:
            self.take_over(request, session)
        else:
            self.check_owner(request.cluster_id, request.node_name)
        self.sessions[session.id] = session
        self.forget_sessions()
        return identity_pb2.HandshakeResponse(
            revision=REVISION,
            session_id=session.id,
            provider_name="python-example",
            provider_version=VERSION,
            instance_id=self.instance,
            epoch=self.instance,
            capabilities=CAPABILITIES,
            features=[
                identity_pb2.FeatureSupport(feature=each, level=identity_pb2.FEATURE_LEVEL_HONOURED)
                for each in FEATURES
            ],
            limits=identity_pb2.Limits(max_message_bytes=MAX_MESSAGE),
        )

    def take_over(self, request, session):
        if request.fencing < 1 or not (request.cluster_id and request.node_name):
            raise bad("an OWNER gives fencing, cluster_id and node_name")
        if not request.HasField("node_configuration"):
            raise bad("an OWNER gives node_configuration")
        self.check_owner(request.cluster_id, request.node_name)
        is_other = self.current is not None and self.current.instance != request.instance_id
        if request.fencing < self.fencing or (request.fencing == self.fencing and is_other):
            raise Refusal("SESSION_SUPERSEDED", "a newer owner has taken over", fencing=str(self.fencing))
        if self.current is not None:
            self.current.close("SESSION_SUPERSEDED" if is_other else "SESSION")
        self.current, self.fencing = session, request.fencing
        if self.owner is None:
            self.bind(request.cluster_id, request.node_name)

    def check_owner(self, cluster_id, node_name):
        """An observer may leave both empty."""
        given = [each or None for each in (cluster_id, node_name)]
        if self.owner and any(mine != theirs for mine, theirs in zip(self.owner, given) if theirs is not None):
            raise Refusal("WRONG_OWNER", "this endpoint serves another cluster or node")

    def bind(self, cluster_id, node_name):
        """The first owner says whose pods these are; only now the inventory can be complete."""
        self.owner = (cluster_id, node_name)
        for folder in sorted((self.state / "pods").iterdir()):
            pod = Pod.load(self, folder) if (folder / "pod.json").exists() else None
            if pod is not None:
                self.pods[pod.seen.uid] = pod
                pod.publish()
                if pod.seen.stage != seen_pb2.POD_STAGE_ENDED:
                    pod.begin()

    def forget_sessions(self):
        for is_owner in (True, False):
            old = [each for each in self.sessions.values() if each.is_owner == is_owner and each is not self.current]
            for session in old[: max(0, len(old) - MOST_SESSIONS)]:
                session.close(session.end or "SESSION")
                del self.sessions[session.id]

    def session_of(self, context, observers):
        key = dict(context.invocation_metadata()).get("outboard-session", "")
        session = self.sessions.get(key)
        if session is None and MUTANT == "M-SESS-01-serves-calls-without-a-session":
            return self.current
        if session is None:
            raise Refusal("SESSION", "the session is missing or unknown")
        if session.end is not None:
            raise Refusal(session.end, "the session is over")
        if not (session.is_owner or observers):
            raise Refusal("READ_ONLY", "an observer only reads")
        return session

    # -- the node

    @unary(observers=True)
    def GetNode(self, _request):
        if self.owner is None:
            return node_pb2.GetNodeResponse(state=node_pb2.PROVIDER_STATE_STARTING, reason="NoOwnerYet")
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        state = node_pb2.NodeState(
            capacity={"cpu": str(os.cpu_count()), "memory": str(memory), "pods": "110"},
            addresses=[
                node_pb2.NodeAddress(type="InternalIP", address=self.address),
                node_pb2.NodeAddress(type="Hostname", address=socket.gethostname()),
            ],
            operating_system="linux",
            architecture={"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine()),
            container_runtime_name="python-example",
            container_runtime_version=VERSION,
            kernel_version=platform.release(),
        )
        return node_pb2.GetNodeResponse(
            state=node_pb2.PROVIDER_STATE_READY,
            inventory_complete=True,
            node=state,
            valid_for_seconds=60,
            info={"pods": str(len(self.pods))},
        )

    # -- life of pods

    @unary()
    def CreatePod(self, request):
        manifest = self.checked(request)
        if not request.HasField("start_time"):
            raise bad("start_time is required")
        pod = self.known(request.uid)
        if pod is not None:
            return self.create_again(pod, manifest, request)
        if self.has_tombstone(request.uid):
            raise Refusal("TOMBSTONED", "this UID is over")
        self.complete()
        self.check_features(request.inputs)
        pod = self.new_pod(manifest, request)
        return pod_pb2.CreatePodResponse(backend_id=pod.seen.backend_id)

    def create_again(self, pod, manifest, request):
        seen = pod.seen
        if seen.needs_inputs:
            if request.input_version >= seen.input_version:
                self.check_features(request.inputs)
                pod.take(manifest, request)
                seen.needs_inputs = False
                pod.publish()
        elif request.spec_digest != seen.spec_digest and MUTANT != "M-CREATE-04-takes-another-digest-silently":
            raise Refusal("SPEC_CONFLICT", "the UID is known with another manifest")
        else:
            self.new_inputs(pod, request)
        return pod_pb2.CreatePodResponse(backend_id=seen.backend_id)

    def new_pod(self, manifest, request):
        name = hashlib.sha256(request.uid.encode()).hexdigest()[:32]
        folder = self.state / "pods" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        seen = seen_pb2.PodObservation(
            uid=request.uid,
            namespace=manifest["metadata"].get("namespace", ""),
            name=manifest["metadata"].get("name", ""),
            epoch=self.instance,
            backend_id=name,
            stage=seen_pb2.POD_STAGE_ACCEPTED,
            sandbox=seen_pb2.SANDBOX_STATE_NONE,
            pod_ips=[self.address],
            host_ips=[self.address],
        )
        for spec in manifest["spec"]["containers"]:
            container = seen.containers.add(name=spec["name"], kind=seen_pb2.CONTAINER_KIND_MAIN)
            container.waiting.reason = "ContainerCreating"
            for prior in request.prior:
                if prior.name == container.name:
                    container.restart_count = prior.restart_count
                    if prior.HasField("last_termination"):
                        container.last_termination.CopyFrom(prior.last_termination)
        pod = Pod(self, folder, seen)
        pod.take(manifest, request)
        self.pods[request.uid] = pod
        pod.publish()
        sync_folder(folder.parent)
        pod.begin()
        return pod

    @unary()
    def UpdatePod(self, request):
        manifest = self.checked(request)
        if not request.changes:
            raise bad("changes is required")
        if any(change != pod_pb2.POD_CHANGE_METADATA for change in request.changes):
            raise Refusal("CAPABILITY", "this provider changes metadata only")
        pod = self.find(request.uid)
        seen = pod.seen
        if seen.needs_inputs:
            raise Refusal("NOT_READY", "the pod needs inputs first")
        if request.spec_digest == seen.spec_digest:
            return pod_pb2.UpdatePodResponse()
        if request.spec_revision <= seen.spec_revision:
            raise Refusal("STALE_REVISION", "a newer manifest is in force")
        if seen.stage >= seen_pb2.POD_STAGE_STOPPING:
            raise Refusal("NOT_RUNNING", "the pod is stopping or ended")
        self.check_features(request.inputs)
        inputs = request.inputs if request.input_version > seen.input_version else pod.inputs
        pod.take(manifest, request)
        pod.inputs = inputs
        pod.publish()
        return pod_pb2.UpdatePodResponse()

    @unary()
    def UpdateInputs(self, request):
        self.check_uid(request)
        if not request.HasField("inputs"):
            raise bad("inputs is required")
        check_paths(request.inputs)
        pod = self.find(request.uid)
        if pod.seen.needs_inputs:
            raise Refusal("NOT_READY", "the pod needs CreatePod first")
        self.new_inputs(pod, request)
        return pod_pb2.UpdateInputsResponse()

    def new_inputs(self, pod, request):
        self.check_features(request.inputs)
        if pod.seen.stage == seen_pb2.POD_STAGE_ENDED or request.input_version <= pod.seen.input_version:
            return
        pod.inputs, pod.seen.input_version = request.inputs, request.input_version
        pod.publish()

    @unary()
    def StopPod(self, request):
        self.check_uid(request)
        if not request.HasField("grace_seconds"):
            raise bad("grace_seconds is required; 0 is a number too")
        pod = self.known(request.uid)
        if pod is None:
            if not self.has_tombstone(request.uid):
                self.complete()
            self.bury(request.uid)
        elif pod.seen.stage != seen_pb2.POD_STAGE_ENDED:
            pod.stop(request.grace_seconds, CAUSES.get(request.reason, seen_pb2.TERMINATION_CAUSE_USER))
        return pod_pb2.StopPodResponse()

    @unary()
    def ReleasePod(self, request):
        self.check_uid(request)
        pod = self.known(request.uid)
        if pod is None:
            if not self.has_tombstone(request.uid):
                self.complete()
        elif pod.seen.stage != seen_pb2.POD_STAGE_ENDED:
            raise Refusal("STILL_RUNNING", "the pod has not ended")
        else:
            (pod.folder / "pod.json").unlink()
            shutil.rmtree(pod.folder)
            sync_folder(pod.folder.parent)
            del self.pods[request.uid]
            if MUTANT != "M-WATCH-07-does-not-tell-of-a-release":
                forgotten = pod_pb2.PodForgotten(uid=request.uid)
                self.tell(request.uid, pod_pb2.WatchPodsResponse(pod_forgotten=forgotten))
        self.bury(request.uid)
        return pod_pb2.ReleasePodResponse()

    @unary(observers=True)
    def GetPod(self, request):
        self.check_uid(request)
        return pod_pb2.GetPodResponse(pod=self.find(request.uid).look())

    @streaming(observers=True)
    async def WatchPods(self, request, session):
        watcher = Watcher()
        self.watchers.add(watcher)
        session.watchers.add(watcher)
        try:
            async for message in self.watched(request, session, watcher):
                yield message
        finally:
            self.watchers.discard(watcher)
            session.watchers.discard(watcher)

    async def watched(self, request, session, watcher):
        answer = pod_pb2.WatchPodsResponse
        is_complete = self.owner is not None
        sent = {}
        yield answer(snapshot_begin=pod_pb2.SnapshotBegin(epoch=self.instance))
        for pod in list(self.pods.values()):
            copy = pod.look()
            sent[copy.uid] = copy.revision
            yield answer(observation=copy)
        yield answer(snapshot_end=pod_pb2.SnapshotEnd(complete=is_complete))
        if request.snapshot_only:
            return
        kept = [(uid, event) for uid, pod in self.pods.items() for event in pod.events]
        last = {uid: event.seq for uid, event in kept}
        for _, event in kept:
            yield answer(pod_event=event)
        beat = time.monotonic()
        while not self.is_down:
            if session.end is not None and MUTANT != "M-SESS-06-leaves-the-old-owner-s-watch-open":
                raise Refusal(session.end, "the session is over")
            if time.monotonic() - beat >= HEARTBEAT_S:
                beat = time.monotonic()
                yield answer(heartbeat=pod_pb2.Heartbeat())
            if not watcher.queue:
                watcher.wake.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(watcher.wake.wait(), max(0, beat + HEARTBEAT_S - time.monotonic()))
                continue
            uid, message = watcher.queue.popleft()
            if message.HasField("observation"):
                if message.observation.revision <= sent.get(uid, 0):
                    continue  # the snapshot had it
                sent[uid] = message.observation.revision
            if message.HasField("pod_event") and message.pod_event.seq <= last.get(uid, 0):
                continue
            yield message
        raise ShuttingDown()

    # -- logs and commands

    @streaming(observers=True)
    async def Logs(self, request, _session):
        check_limits(request)
        if request.HasField("since_time") or request.HasField("tail_lines") or request.HasField("limit_bytes"):
            raise Refusal("CAPABILITY", "logs.time and logs.tail are not declared")
        if request.cursor:
            raise Refusal("CAPABILITY", "logs.resume is not declared")
        pod, container = self.find_container(request)
        instance = container.last_termination.container_id if request.previous else container.container_id
        if not instance and not request.previous:
            raise Refusal("NOT_RUNNING", "no instance has started yet")
        if not instance or not pod.log_of(instance).exists():
            raise Refusal("CONTAINER", "there was no earlier instance")
        with open(pod.log_of(instance), "rb") as file:
            yield interaction_pb2.LogsResponse(opened=interaction_pb2.StreamOpened())
            while True:
                runs = container.HasField("running") and container.container_id == instance
                data = file.read(CHUNK)
                if data:
                    chunk = interaction_pb2.LogChunk(stream=interaction_pb2.OUTPUT_STREAM_MERGED, data=data)
                    yield interaction_pb2.LogsResponse(chunk=chunk)
                elif not (request.follow and runs) or MUTANT == "M-LOGS-08-ends-a-follower-at-the-end-of-the-file":
                    return
                else:
                    await asyncio.wait({pod.news}, timeout=0.1)

    @streaming()
    async def Exec(self, frames, _session):
        answer = interaction_pb2.ExecResponse
        first = await anext(aiter(frames), None)
        if first is None or first.WhichOneof("frame") != "start":
            raise bad("the first frame must be start")
        check_limits(first)
        start = first.start
        if start.tty:
            raise Refusal("CAPABILITY", "exec.tty is not declared")
        if not start.command:
            raise bad("start.command is required")
        pod, container = self.find_container(start)
        if not container.HasField("running"):
            raise Refusal("NOT_RUNNING", "the container does not run")
        process = await run_command(start, pod.pids[container.name][0])
        feeding = asyncio.create_task(feed(process, frames))
        output = asyncio.Queue(maxsize=4)
        pumps = [
            asyncio.create_task(pump(reader, name, output))
            for reader, name in ((process.stdout, "stdout"), (process.stderr, "stderr"))
            if reader is not None
        ]
        try:
            yield answer(opened=interaction_pb2.StreamOpened())
            left = len(pumps)
            while left > 0:
                name, data = await output.get()
                if not data:
                    left -= 1
                    continue
                yield answer(**{name: data})
            code = await process.wait()
            if MUTANT == "M-EXEC-01-always-says-0":
                code = 0
            result = interaction_pb2.ExitResult(code=code) if code >= 0 else interaction_pb2.ExitResult(signal=-code)
            yield answer(exit=result)
        finally:  # the client may be gone
            for task in [feeding, *pumps]:
                task.cancel()
            signal_group(process.pid, signal.SIGKILL)

    # -- what the calls share

    def known(self, uid):
        return self.pods.get(uid)

    def complete(self):
        if self.owner is None:
            raise Refusal("NOT_READY", "the inventory is not complete before the first owner came")

    def find(self, uid):
        pod = self.pods.get(uid)
        if pod is not None:
            return pod
        if not self.has_tombstone(uid):
            self.complete()
        raise Refusal("POD", "there is no such pod")

    def find_container(self, request):
        if not (request.uid and request.container):
            raise bad("uid and container are required")
        pod = self.find(request.uid)
        for container in pod.seen.containers:
            if container.name == request.container:
                return pod, container
        raise Refusal("CONTAINER", "there is no such container")

    def bury(self, uid):
        if MUTANT != "M-CREATE-14-forgets-tombstones":
            self.tombstones[uid] = time.monotonic() + TOMBSTONE_S

    def has_tombstone(self, uid):
        for each in [each for each, until in self.tombstones.items() if until < time.monotonic()]:
            del self.tombstones[each]
        return uid in self.tombstones

    def check_uid(self, request):
        if not request.uid:
            raise bad("uid is required")

    def checked(self, request):
        """The manifest of a request that is complete."""
        self.check_uid(request)
        if not (request.HasField("manifest") and request.HasField("inputs")):
            raise bad("manifest and inputs are required")
        pod = self.known(request.uid)
        if len(request.spec_digest) != 32 and not (pod is not None and pod.seen.needs_inputs):
            raise bad("spec_digest must have 32 bytes")
        check_paths(request.inputs)
        try:
            manifest = json.loads(request.manifest.json)
            if not all(each["name"] for each in manifest["spec"]["containers"]) or manifest["metadata"] is None:
                raise ValueError
            return manifest
        except (ValueError, TypeError, LookupError, RecursionError):
            raise bad("manifest.json is no Pod") from None

    def check_features(self, inputs):
        if any(each not in FEATURES for each in inputs.admitted_features):
            raise Refusal("UNSUPPORTED_FEATURE", "inputs.admitted_features holds a feature that is not declared")

    def tell(self, uid, message):
        for watcher in self.watchers:
            watcher.put(uid, message)

    def shut_down(self):
        """Streams end; pods run on."""
        self.is_down = True
        for watcher in self.watchers:
            watcher.wake.set()


class ShuttingDown(Exception):
    """Ends a stream with UNAVAILABLE, the one error without a reason."""


def check_paths(inputs):
    for volume in inputs.volumes:
        for file in volume.files:
            if any(part in ("", ".", "..") for part in file.path.split("/")):
                raise bad("inputs.volumes.files.path must be relative, without empty, '.' or '..' parts")


async def run_command(start, pid):
    """Runs a command beside the container's process, with its environment."""
    pipe, none = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    pairs = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return await asyncio.create_subprocess_exec(
        *enter(pid, start.command),
        stdin=pipe if start.stdin else none,
        stdout=pipe if start.stdout else none,
        stderr=pipe if start.stderr else none,
        env=dict(pair.split(b"=", 1) for pair in pairs if b"=" in pair),
        start_new_session=True,
        umask=0o022,
    )


async def pump(reader, name, output):
    while data := await reader.read(CHUNK):
        await output.put((name, data))
    await output.put((name, b""))


async def feed(process, frames):
    """Passes input on. A bare end of the stream means nothing; stdin_end means the end."""
    with contextlib.suppress(ConnectionError):
        async for frame in frames:
            if process.stdin is None:
                continue
            if frame.WhichOneof("frame") == "stdin":
                process.stdin.write(frame.stdin)
                await process.stdin.drain()
            elif frame.WhichOneof("frame") == "stdin_end":
                process.stdin.close()


def own_address():
    """The address that this host uses towards others; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return probe.getsockname()[0]
        except OSError:
            return "127.0.0.1"


# ---------------------------------------------------------------- the program


async def serve(listen, state):
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", MAX_MESSAGE)])
    provider = Provider(state)
    healthy = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(healthy, server)
    for module, service in (
        (identity_pb2_grpc, "IdentityService"),
        (node_pb2_grpc, "NodeService"),
        (pod_pb2_grpc, "PodService"),
        (interaction_pb2_grpc, "InteractionService"),
    ):
        getattr(module, f"add_{service}Servicer_to_server")(provider, server)
        await healthy.set(f"outboard.provider.v1.{service}", health_pb2.HealthCheckResponse.SERVING)
    server.add_insecure_port("unix:" + listen)
    await server.start()
    os.chmod(listen, 0o600)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    log.info("listening on unix://%s", listen)
    await stopped.wait()
    provider.shut_down()
    await server.stop(grace=2)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", required=True, help="unix:///PATH of the socket")
    parser.add_argument("--state", required=True, type=pathlib.Path, help="folder of its own")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if not args.listen.startswith("unix:///"):
        parser.error("--listen must be unix:///PATH")
    os.umask(0o077)  # before the socket: it is for its owner alone
    (args.state / "pods").mkdir(parents=True, exist_ok=True)
    lock = open(args.state / "lock", "w", encoding="utf8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        parser.error(f"another provider uses {args.state}")
    asyncio.run(serve(args.listen.removeprefix("unix://"), args.state))


if __name__ == "__main__":
    main()
