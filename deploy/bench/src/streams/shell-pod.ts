// The pod of the loads where commands really run: its script and the commands for exec. The script writes the log, gives
// back what comes to a port, and then writes to the log whatever comes through a named pipe.

import type { Commands } from "./target.js";

export const LOG_LINES = 40_000;
/** With its newline 64 bytes. */
export const LOG_TEXT = "outboard streams bench: a line of a log that says nothing at al.";

const PIPE = "/tmp/outboard-bench-log";
const MIB = 2 ** 20;

export const SHELL_COMMANDS: Commands = {
  start: ["echo", "here"],
  echo: ["cat"],
  output: (bytes) => ["sh", "-c", `dd if=/dev/zero bs=${MIB} count=${Math.ceil(bytes / MIB)} 2>/dev/null`],
  // With its output open to the end: a kubelet ends an exec whose outputs are all closed, whatever is still to be read.
  input: ["sh", "-c", "cat >/dev/null; echo done"],
  writeLines: (count) => ["sh", "-c", `yes '${LOG_TEXT}' | head -n ${count} >${PIPE}; echo done`],
};

/** `echo`: a command that listens on the port and gives back what it gets. */
export function podScript(echo: string): string {
  return [
    `rm -f ${PIPE}; mkfifo ${PIPE}`,
    `${echo} &`,
    `yes '${LOG_TEXT}' | head -n ${LOG_LINES}`,
    `while :; do cat ${PIPE}; done`,
  ].join("\n");
}

/** On all addresses of the pod. */
export function busyboxEcho(port: number): string {
  return `busybox nc -ll -p ${port} -e cat`;
}
