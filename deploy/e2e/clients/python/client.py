"""Runs exec and port-forward with the Python client and tells in one line of JSON what came back.

Environment: KUBECONFIG, NAMESPACE, PORT (of the echo server in the pod `echo`). Standard input: the payload.
"""

import hashlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from kubernetes import client, config
from kubernetes.stream import portforward, stream

STDIN_CHANNEL = 0
COMMAND = ["sh", "-c", "cat; echo err >&2; exit 7"]
PIECE = 4096


def run_exec(api, namespace, payload):
    session = stream(
        api.connect_get_namespaced_pod_exec,
        "plain",
        namespace,
        container="main",
        command=COMMAND,
        stdin=True,
        stdout=True,
        stderr=True,
        tty=False,
        _preload_content=False,
    )
    for at in range(0, len(payload), PIECE):
        session.write_stdin(payload[at : at + PIECE].decode("ascii"))
    session.close_channel(STDIN_CHANNEL)
    session.run_forever(timeout=30)
    return {
        "stdout": sha256(session.read_stdout(timeout=0).encode("ascii")),
        "stderr": session.read_stderr(timeout=0),
        "code": session.returncode,
    }


def run_port_forward(api, namespace, port, payload):
    forward = portforward(api.connect_get_namespaced_pod_portforward, "echo", namespace, ports=str(port))
    connection = forward.socket(port)
    with ThreadPoolExecutor(max_workers=1) as pool:
        sending = pool.submit(connection.sendall, payload)
        echoed = b""
        while len(echoed) < len(payload):
            piece = connection.recv(65536)
            if not piece:
                raise RuntimeError(f"the connection ended after {len(echoed)} bytes: {forward.error(port)}")
            echoed += piece
        sending.result()
    forward.close()
    return sha256(echoed)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def main():
    config.load_kube_config(os.environ["KUBECONFIG"])
    api = client.CoreV1Api()
    namespace = os.environ["NAMESPACE"]
    payload = sys.stdin.buffer.read()
    report = {
        "exec": run_exec(api, namespace, payload),
        "forward": run_port_forward(api, namespace, int(os.environ["PORT"]), payload),
    }
    print(json.dumps(report))


main()
