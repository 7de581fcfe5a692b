/** Exec, attach and port-forward of a CRI runtime: asks it for a URL, then speaks to its streaming server. */
import type { Duplex } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { RuntimeError, type SessionExit, type SessionIO } from "@outboard/provider-sdk";
import { DEADLINES, type CriClient } from "../client/cri-client.js";
import { isUnavailable, messageOf } from "../client/errors.js";
import { ContainerState } from "../gen/runtime/v1/api.js";
import { ServerAway } from "./dial.js";
import { openForward } from "./forward.js";
import { runSession } from "./session.js";

const EXIT_TRIES = 100;
const EXIT_PAUSE_MS = 50;

export class Streams {
  readonly #client: CriClient;

  constructor(client: CriClient) {
    this.#client = client;
  }

  async exec(
    idOf: () => Promise<string>,
    command: readonly string[],
    io: SessionIO,
    signal: AbortSignal,
  ): Promise<SessionExit> {
    try {
      const request = { containerId: await idOf(), cmd: command, ...channelsOf(io) };
      const { url } = await this.#client.runtime.exec(request, { signal, deadlineMs: DEADLINES.quick });
      return await runSession(url, io, signal);
    } catch (error) {
      // The command begins when the session does.
      if (signal.aborted || !(await this.#isAway(error, signal))) throw error;
      return { error: messageOf(error), isUnbegun: true };
    }
  }

  /** A streaming server that cannot be used while its runtime answers is no runtime that is away. */
  async #isAway(error: unknown, signal: AbortSignal): Promise<boolean> {
    if (!(error instanceof ServerAway)) return isUnavailable(error);
    try {
      await this.#client.runtime.version({ version: "" }, { signal, deadlineMs: DEADLINES.quick });
      return false;
    } catch (unanswered) {
      return isUnavailable(unanswered);
    }
  }

  /** The runtime calls the end of the container a success, whatever its code: the container's status has the code. */
  async attach(containerId: string, io: SessionIO, signal: AbortSignal): Promise<SessionExit> {
    const request = { containerId, ...channelsOf(io) };
    const { url } = await this.#client.runtime.attach(request, { signal, deadlineMs: DEADLINES.quick });
    const exit = await runSession(url, io, signal);
    return exit.exitCode === 0 ? await this.#exitOf(containerId, signal) : exit;
  }

  /** The runtime notes the end a moment after it has closed the streams. */
  async #exitOf(containerId: string, signal: AbortSignal): Promise<SessionExit> {
    for (let tries = 0; tries < EXIT_TRIES; tries += 1) {
      const { status } = await this.#client.runtime.containerStatus(
        { containerId },
        { signal, deadlineMs: DEADLINES.quick },
      );
      if (status?.state === ContainerState.CONTAINER_EXITED) return { exitCode: status.exitCode };
      await setTimeout(EXIT_PAUSE_MS, undefined, { signal });
    }
    return { error: "the runtime closed the session of a container that still runs" };
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
