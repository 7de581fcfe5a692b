/** The PortForward RPC: one TCP connection. The provider says `opened` itself; a broken connection ends with `failed`. */
import {
  type CallContext,
  Capability,
  isStatusError,
  type PortForwardRequest,
  type PortForwardResponse,
  type PortForwardStart,
} from "@outboard/contract";
import { checkRequest, required } from "../check.js";
import { type Core, declaredMethod, ownerOf } from "../core.js";
import { describeError } from "../errors.js";
import { chunks } from "./chunks.js";
import { until } from "./first.js";
import { readRest, readStart } from "./input.js";
import { requireNetwork } from "./targets.js";

type Frame = NonNullable<PortForwardResponse["frame"]>;

/** Serves one connection. */
export async function* servePortForward(
  core: Core,
  input: AsyncIterable<PortForwardRequest>,
  context: CallContext,
): AsyncGenerator<PortForwardResponse> {
  ownerOf(core, context);
  const forward = declaredMethod(core, Capability.PORT_FORWARD, core.provider.portForward?.bind(core.provider));
  const frames = input[Symbol.asyncIterator]();
  const { value: start } = await readStart(frames);
  checkStart(core, start);
  const broken = new AbortController();
  const rest = readRest(frames, { stdin: true, tty: true }, (error) => broken.abort(error));
  const signal = AbortSignal.any([context.signal, context.stopping, broken.signal]);
  yield* relay(core, until(forward(start, rest, { signal }), signal), context.signal);
}

async function* relay(
  core: Core,
  source: AsyncIterable<Frame>,
  gone: AbortSignal,
): AsyncGenerator<PortForwardResponse> {
  let opened = false;
  try {
    for await (const frame of source) {
      opened ||= frame.$case === "opened";
      yield* pieces(frame);
      if (frame.$case === "failed") return;
    }
  } catch (error) {
    if (gone.aborted || (!opened && isStatusError(error))) throw error;
    if (!isStatusError(error)) core.log.error({ err: describeError(error) }, "port-forward failed");
    const message = isStatusError(error) ? error.message : "internal error of the provider";
    yield { frame: { $case: "failed", value: { message } } };
  }
}

function* pieces(frame: Frame): Generator<PortForwardResponse> {
  if (frame.$case === "data") {
    for (const value of chunks(frame.value)) yield { frame: { $case: "data", value } };
  } else {
    yield { frame };
  }
}

function checkStart(core: Core, { uid, port }: PortForwardStart): void {
  const problem = port < 1 || port > 65_535 ? "must be 1 to 65535" : undefined;
  checkRequest([required("start.uid", uid), { field: "start.port", problem }]);
  requireNetwork(core, uid);
}
