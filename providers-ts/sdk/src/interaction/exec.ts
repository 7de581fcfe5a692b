/** The Exec and Attach RPCs. */
import {
  type AttachRequest,
  type AttachResponse,
  type AttachStart,
  type CallContext,
  Capability,
  type ExecRequest,
  type ExecResponse,
  type ExecStart,
} from "@outboard/contract";
import { checkRequest, required } from "../check.js";
import { type Core, declaredMethod, ownerOf } from "../core.js";
import { readRest, readStart } from "./input.js";
import { serveProcess } from "./process.js";
import { requireRunning } from "./targets.js";

/** Serves one command. */
export async function* serveExec(
  core: Core,
  input: AsyncIterable<ExecRequest>,
  context: CallContext,
): AsyncGenerator<ExecResponse> {
  ownerOf(core, context);
  const exec = declaredMethod(core, Capability.EXEC, core.provider.exec?.bind(core.provider));
  const frames = input[Symbol.asyncIterator]();
  const { value: start } = await readStart(frames);
  checkExec(core, start);
  const broken = new AbortController();
  const rest = readRest(frames, start, (error) => broken.abort(error));
  const signal = AbortSignal.any([context.signal, context.stopping, broken.signal]);
  yield* serveProcess(core, exec(start, rest, { signal }), signal);
}

/** Serves one attachment to a container's first process. */
export async function* serveAttach(
  core: Core,
  input: AsyncIterable<AttachRequest>,
  context: CallContext,
): AsyncGenerator<AttachResponse> {
  ownerOf(core, context);
  const attach = declaredMethod(core, Capability.ATTACH, core.provider.attach?.bind(core.provider));
  const frames = input[Symbol.asyncIterator]();
  const { value: start } = await readStart(frames);
  checkAttach(core, start);
  const broken = new AbortController();
  const rest = readRest(frames, start, (error) => broken.abort(error));
  const signal = AbortSignal.any([context.signal, context.stopping, broken.signal]);
  yield* serveProcess(core, attach(start, rest, { signal }), signal);
}

function checkExec(core: Core, start: ExecStart): void {
  if (start.tty) core.declared.require(Capability.EXEC_TTY);
  if (start.stdin) core.declared.require(Capability.EXEC_STDIN);
  checkRequest([
    required("start.uid", start.uid),
    required("start.container", start.container),
    required("start.command", start.command[0]),
    { field: "start.stderr", problem: start.tty && start.stderr ? "must be false with a terminal" : undefined },
  ]);
  requireRunning(core, start);
}

function checkAttach(core: Core, start: AttachStart): void {
  if (start.tty) core.declared.require(Capability.ATTACH_TTY);
  if (start.stdin) core.declared.require(Capability.ATTACH_STDIN);
  checkRequest([required("start.uid", start.uid), required("start.container", start.container)]);
  requireRunning(core, start);
}
