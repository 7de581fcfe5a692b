// What a kubelet's streams are asked for and what their WebSockets carry: paths, and messages whose first byte names the
// channel. Pure.

export interface ContainerPlace {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

export const EXEC_PROTOCOL = "v5.channel.k8s.io";
export const FORWARD_PROTOCOL = "v4.channel.k8s.io";

export const Channel = { stdin: 0, stdout: 1, stderr: 2, status: 3, close: 255 } as const;

/** A port's data channel begins with the port itself. */
export const FORWARD_HEAD_BYTES = 2;

/** Standard output always, standard input on demand, never a terminal. */
export function execPath(
  { namespace, pod, container }: ContainerPlace,
  command: readonly string[],
  stdin: boolean,
): string {
  const query = new URLSearchParams(command.map((word): [string, string] => ["command", word]));
  query.set("output", "1");
  if (stdin) query.set("input", "1");
  return `/exec/${namespace}/${pod}/${container}?${query.toString()}`;
}

export function forwardPath({ namespace, pod }: ContainerPlace, port: number): string {
  return `/portForward/${namespace}/${pod}?port=${port}`;
}

/** Follows the log: from its first line, or from its last `tail` lines. */
export function logsPath({ namespace, pod, container }: ContainerPlace, tail?: number): string {
  return `/containerLogs/${namespace}/${pod}/${container}?follow=true${tail === undefined ? "" : `&tailLines=${tail}`}`;
}

export function toMessage(channel: number, data: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of(channel), data]);
}

/** Undefined: the command ended with 0; else why not, as the status says. */
export function failureOf(status: string): string | undefined {
  try {
    const parsed = JSON.parse(status) as { readonly status?: string; readonly message?: string };
    return parsed.status === "Success" ? undefined : (parsed.message ?? status);
  } catch {
    return `not a status: ${status}`;
  }
}

const NEWLINE = 10;

export function countLines(data: Uint8Array): number {
  let count = 0;
  for (let at = data.indexOf(NEWLINE); at >= 0; at = data.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}

/** "ns/name/container"; undefined: it is not of this form. */
export function parsePlace(text: string): ContainerPlace | undefined {
  const [namespace = "", pod = "", container = "", ...more] = text.split("/");
  return namespace === "" || pod === "" || container === "" || more.length > 0
    ? undefined
    : { namespace, pod, container };
}
