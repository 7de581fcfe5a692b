/** Exec, attach and port-forward of a CRI runtime: asks it for a URL, then speaks to its streaming server. */
import type { Duplex } from "node:stream";
import { RuntimeError, type SessionExit, type SessionIO } from "@outboard/provider-sdk";
import { DEADLINES, type CriClient } from "../client/cri-client.js";
import { openForward } from "./forward.js";
import { runSession } from "./session.js";

export class Streams {
  readonly #client: CriClient;

  constructor(client: CriClient) {
    this.#client = client;
  }

  async exec(
    containerId: string,
    command: readonly string[],
    io: SessionIO,
    signal: AbortSignal,
  ): Promise<SessionExit> {
    const request = { containerId, cmd: command, ...channelsOf(io) };
    const { url } = await this.#client.runtime.exec(request, { signal, deadlineMs: DEADLINES.quick });
    return await runSession(url, io, signal);
  }

  /** Ends with code 0 when the container ends: the runtime does not say with what code. */
  async attach(containerId: string, io: SessionIO, signal: AbortSignal): Promise<SessionExit> {
    const request = { containerId, ...channelsOf(io) };
    const { url } = await this.#client.runtime.attach(request, { signal, deadlineMs: DEADLINES.quick });
    return await runSession(url, io, signal);
  }

  async forward(podSandboxId: string, port: number, signal: AbortSignal): Promise<Duplex> {
    const options = { signal, deadlineMs: DEADLINES.quick };
    const { url } = await this.#client.runtime.portForward({ podSandboxId, port: [port] }, options);
    if (url === "") throw new RuntimeError("PortForward", "the runtime gave no address for the connection");
    return await openForward(url, port);
  }
}

interface Channels {
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

/** A terminal has one output. */
function channelsOf({ stdin, terminal }: SessionIO): Channels {
  const tty = terminal !== undefined;
  return { tty, stdin: stdin !== undefined, stdout: true, stderr: !tty };
}
