import {
  type CallContext,
  createServer,
  type ExecRequest,
  type ExecResponse,
  InteractionServiceDefinition,
  type PortForwardRequest,
  type PortForwardResponse,
  refuse,
  type RpcServer,
} from "@outboard/contract";
import { expect } from "chai";
import { PassThrough } from "node:stream";
import type { ForwardInput, SessionInput } from "../ports/provider.js";
import { ProviderError } from "../ports/provider.js";
import { eventually } from "../testing/eventually.js";
import { createManualClock, type ManualClock } from "../testing/manual-clock.js";
import { createTempFolder, type TempFolder } from "../testing/temp-folder.js";
import { type Connection, openConnection } from "./connection.js";
import { createProviderStreams } from "./interactions.js";

type Exec = (input: AsyncIterable<ExecRequest>, context: CallContext) => AsyncIterable<ExecResponse>;
type Forward = (input: AsyncIterable<PortForwardRequest>, context: CallContext) => AsyncIterable<PortForwardResponse>;

const ORDER = { uid: "u", container: "c", command: ["run"], stdin: true, stdout: true, stderr: true, tty: false };
const OPENED = { frame: { $case: "opened", value: {} } } as const;

/** More than a server of Node.js takes of resets on one connection in a short time. */
const CUT = 1_100;

async function* stdinOf(bytes: PassThrough): AsyncGenerator<SessionInput> {
  for await (const data of bytes) yield { kind: "stdin", data: data as Buffer };
}

async function* inputs<Input>(...items: readonly Input[]): AsyncGenerator<Input> {
  yield* items;
}

async function all<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function rejection(promise: Promise<unknown>): Promise<ProviderError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ProviderError) return error;
  throw new Error(`expected a ProviderError, not ${String(error)}`);
}

describe("interactions with the provider", () => {
  let folder: TempFolder;
  let server: RpcServer;
  let connection: Connection;
  let clock: ManualClock;
  let exec: Exec;
  let forward: Forward;
  let invalidated: unknown[];
  let sessions: (string | undefined)[];
  const { signal } = new AbortController();

  beforeEach(async () => {
    folder = createTempFolder();
    clock = createManualClock();
    invalidated = [];
    sessions = [];
    server = createServer({ onInternalError: () => {} });
    const unused = (): never => {
      throw refuse("CAPABILITY", "not there");
    };
    server.add(InteractionServiceDefinition, {
      logs: unused,
      attach: unused,
      exec: (input, context) => {
        sessions.push(context.metadata("outboard-session"));
        return exec(input, context);
      },
      portForward: (input, context) => forward(input, context),
    });
    await server.listen({ kind: "unix", path: folder.at("p.sock") });
    connection = openConnection(`unix://${folder.at("p.sock")}`);
  });
  afterEach(async () => {
    connection[Symbol.dispose]();
    await server.shutdown(0);
    folder[Symbol.dispose]();
  });

  function streams(): ReturnType<typeof createProviderStreams> {
    const open = { id: "s-1", signal, invalidate: (reason: unknown) => void invalidated.push(reason) };
    return createProviderStreams(connection, { current: () => open as never }, clock);
  }

  it("sends the start within the session, then the input in frames of 32 KiB, and gives output and exit", async () => {
    const frames: string[] = [];
    exec = async function* (input) {
      yield OPENED;
      for await (const { frame } of input) {
        frames.push(frame?.$case === "stdin" ? `stdin ${frame.value.length}` : JSON.stringify(frame));
        if (frame?.$case === "resize") break;
      }
      yield { frame: { $case: "stdout", value: Buffer.from("out") } };
      yield { frame: { $case: "stderr", value: Buffer.from("err") } };
      yield { frame: { $case: "exit", value: { result: { $case: "code", value: 3 } } } };
    };
    const input = inputs<SessionInput>(
      { kind: "stdin", data: Buffer.alloc(70_000) },
      { kind: "stdin-end" },
      { kind: "resize", size: { width: 80, height: 24 } },
    );
    const outputs = await all(await streams().openExec({ ...ORDER, size: { width: 1, height: 2 } }, input, signal));
    expect(frames.slice(1)).to.deep.equal([
      "stdin 32768",
      "stdin 32768",
      "stdin 4464",
      '{"$case":"stdinEnd","value":{}}',
      '{"$case":"resize","value":{"width":80,"height":24}}',
    ]);
    expect(JSON.parse(frames[0] ?? "")).to.deep.equal({
      $case: "start",
      value: { ...ORDER, size: { width: 1, height: 2 } },
    });
    expect(
      outputs.map((each) => (each.kind === "exit" ? each.exit : `${each.kind} ${Buffer.from(each.data).toString()}`)),
    ).to.deep.equal(["stdout out", "stderr err", { kind: "code", code: 3 }]);
    expect(sessions).to.deep.equal(["s-1"]);
  });

  it("lets the provider end the call after its exit: that is no client that left", async () => {
    let ended: boolean | undefined;
    exec = async function* (_input, context) {
      try {
        yield { frame: { $case: "exit", value: { result: { $case: "signal", value: 9 } } } };
        await new Promise((resolve) => setImmediate(resolve));
      } finally {
        ended = context.signal.aborted;
      }
    };
    for await (const output of await streams().openExec(ORDER, inputs(), signal)) {
      expect(output).to.deep.equal({ kind: "exit", exit: { kind: "signal", signal: 9 } });
      break;
    }
    await eventually(() => ended !== undefined, "the provider ends");
    expect(ended).to.equal(false);
  });

  it("ends the call when the consumer leaves before the exit", async () => {
    let gone = false;
    exec = async function* (_input, context) {
      context.signal.addEventListener("abort", () => (gone = true));
      yield OPENED;
      for (;;) yield { frame: { $case: "stdout", value: Buffer.alloc(1_000) } };
    };
    for await (const output of await streams().openExec(ORDER, inputs(), signal)) {
      expect(output.kind).to.equal("stdout");
      break;
    }
    await eventually(() => gone, "the provider is told");
  });

  it("rejects with the provider's reason, and invalidates a session that is over", async () => {
    exec = () => {
      throw refuse("NOT_RUNNING", "container c does not run");
    };
    const refused = await rejection(streams().openExec(ORDER, inputs(), signal));
    expect([refused.reason, refused.message]).to.deep.equal(["NOT_RUNNING", "container c does not run"]);
    expect(invalidated).to.deep.equal([]);
    exec = () => {
      throw refuse("SESSION", "unknown session");
    };
    expect((await rejection(streams().openExec(ORDER, inputs(), signal))).reason).to.equal("SESSION");
    expect(invalidated).to.have.length(1);
  });

  it("rejects at once without a session", async () => {
    const none = createProviderStreams(connection, { current: () => undefined }, clock);
    expect((await rejection(none.openExec(ORDER, inputs(), signal))).message).to.contain("cannot be reached");
  });

  it("gives up a provider that says nothing for ten seconds", async () => {
    let called = false;
    exec = async function* (_input, context) {
      called = true;
      await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
      yield OPENED;
    };
    const opening = rejection(streams().openExec(ORDER, inputs(), signal));
    await eventually(() => called, "it is called");
    await clock.advance(10_000);
    expect((await opening).message).to.equal("exec: the provider does not answer");
  });

  it("keeps a session while many others are opened and cut", async () => {
    exec = async function* (input) {
      yield OPENED;
      for await (const { frame } of input) {
        if (frame?.$case === "stdin") yield { frame: { $case: "stdout", value: frame.value } };
      }
    };
    const provider = streams();
    const words = new PassThrough();
    const kept = (await provider.openExec(ORDER, stdinOf(words), signal))[Symbol.asyncIterator]();
    for (let count = 0; count < CUT; count += 1) {
      const cut = new AbortController();
      const opened = await provider.openExec(ORDER, stdinOf(new PassThrough()), cut.signal);
      cut.abort();
      await all(opened).catch(() => {});
    }
    words.write("still here");
    const { value } = await kept.next();
    expect(value).to.deep.equal({ kind: "stdout", data: Buffer.from("still here") });
    await kept.return?.();
  });

  it("relays a forwarded connection until both directions are closed", async () => {
    forward = async function* (input) {
      yield OPENED;
      for await (const { frame } of input) {
        if (frame?.$case === "data") yield { frame };
        if (frame?.$case === "halfClose") break;
      }
      yield { frame: { $case: "halfClose", value: {} } };
    };
    const input = inputs<ForwardInput>({ kind: "data", data: Buffer.from("hello") }, { kind: "half-close" });
    const outputs = await all(await streams().openPortForward({ uid: "u", port: 80 }, input, signal));
    expect(outputs.map((each) => (each.kind === "data" ? Buffer.from(each.data).toString() : each.kind))).to.deep.equal(
      ["hello", "half-close"],
    );
  });

  it("tells a refused connection from one that broke", async () => {
    const failed = { frame: { $case: "failed", value: { message: "connection refused" } } } as const;
    forward = async function* () {
      yield failed;
    };
    const refused = await rejection(streams().openPortForward({ uid: "u", port: 80 }, inputs(), signal));
    expect(refused.message).to.equal("connection refused");
    forward = async function* () {
      yield OPENED;
      yield failed;
    };
    expect(await all(await streams().openPortForward({ uid: "u", port: 80 }, inputs(), signal))).to.deep.equal([
      { kind: "broken", message: "connection refused" },
    ]);
  });
});
