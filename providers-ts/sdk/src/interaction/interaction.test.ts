import {
  Capability,
  Code,
  type ExecRequest,
  type ExecResponse,
  type ExecStart,
  type LogChunk,
  type LogsRequest,
  OutputStream,
  PodStage,
  type PortForwardRequest,
  refuse,
} from "@outboard/contract";
import { expect } from "chai";
import { SystemClock } from "../clock/system-clock.js";
import {
  ALL_CAPABILITIES,
  endedContainer,
  eventually,
  FakeProvider,
  openWorld,
  orderOf,
  reasonOf,
  refusal,
} from "../harness.test.js";
import type { ExecInput } from "../provider.js";

type ExecFrame = NonNullable<ExecResponse["frame"]>;

async function openWithPod(provider = new FakeProvider()) {
  const world = await openWorld(provider, { clock: new SystemClock() });
  const caller = await world.owner();
  await caller.pods.createPod(orderOf("u"), caller.options);
  return { world, provider, ...caller };
}

const log: LogsRequest = { uid: "u", container: "c", follow: false, previous: false, cursor: new Uint8Array(0) };
const start: ExecStart = {
  uid: "u",
  container: "c",
  command: ["run"],
  tty: false,
  stdin: true,
  stdout: true,
  stderr: true,
};

async function* execFrames(...frames: readonly ExecRequest["frame"][]): AsyncGenerator<ExecRequest> {
  for (const frame of frames) yield { frame };
}

function chunk(data: Uint8Array): LogChunk {
  return { stream: OutputStream.STDOUT, data, partial: false, cursor: Buffer.from("end") };
}

async function framesOf(
  stream: AsyncIterable<{ readonly frame?: ExecFrame | undefined }>,
): Promise<readonly (ExecFrame | undefined)[]> {
  const found: (ExecFrame | undefined)[] = [];
  for await (const { frame } of stream) found.push(frame);
  return found;
}

function exitText(frame: ExecFrame | undefined): string | undefined {
  return frame?.$case === "exit" && frame.value.result?.$case === "error" ? frame.value.result.value : undefined;
}

describe("Logs", () => {
  it("sends opened first, then the chunks, then OK", async () => {
    const { world, provider, interaction, options } = await openWithPod();
    await using _ = world;
    provider.on.logs = async function* () {
      yield chunk(Buffer.from("hello\n"));
    };
    const frames = [];
    for await (const { frame } of interaction.logs(log, options)) frames.push(frame?.$case);
    expect(frames).to.deep.equal(["opened", "chunk"]);
  });

  it("opens a silent log at once", async () => {
    const { world, provider, interaction, options } = await openWithPod();
    await using _ = world;
    provider.on.logs = async function* (_request, { signal }) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      yield* [];
    };
    const stream = interaction.logs({ ...log, follow: true }, options)[Symbol.asyncIterator]();
    expect((await stream.next()).value.frame.$case).to.equal("opened");
    await stream.return?.();
  });

  it("cuts chunks to 32 KiB; the cursor is behind the last piece", async () => {
    const { world, provider, interaction, options } = await openWithPod();
    await using _ = world;
    provider.on.logs = async function* () {
      yield chunk(new Uint8Array(70_000));
    };
    const sizes: unknown[] = [];
    for await (const { frame } of interaction.logs(log, options)) {
      if (frame?.$case === "chunk")
        sizes.push([frame.value.data.length, frame.value.partial, frame.value.cursor.length]);
    }
    expect(sizes).to.deep.equal([
      [32_768, true, 0],
      [32_768, true, 0],
      [4464, false, 3],
    ]);
  });

  it("refuses an unknown pod and container, and one that has not started", async () => {
    const { world, provider, interaction, options } = await openWithPod();
    await using _ = world;
    expect(await reasonOf(interaction.logs({ ...log, uid: "x" }, options))).to.equal("POD");
    expect(await reasonOf(interaction.logs({ ...log, container: "x" }, options))).to.equal("CONTAINER");
    expect(await reasonOf(interaction.logs({ ...log, previous: true }, options))).to.equal("CONTAINER");
    expect(await reasonOf(interaction.logs({ ...log, container: "" }, options))).to.equal("BAD_REQUEST");
    const waiting = {
      ...endedContainer("c", 0),
      state: { $case: "waiting" as const, value: { reason: "R", message: "" } },
    };
    provider.publish("u", { containers: [waiting] });
    expect(await reasonOf(interaction.logs(log, options))).to.equal("NOT_RUNNING");
  });

  it("leaves it to the provider where the observation says nothing of the container", async () => {
    const { world, provider, interaction, options } = await openWithPod();
    await using _ = world;
    provider.publish("u", { containers: [] });
    const frames = [];
    for await (const { frame } of interaction.logs(log, options)) frames.push(frame?.$case);
    expect(frames).to.deep.equal(["opened"]);
    provider.publish("u", { stage: PodStage.PREPARING });
    expect(await reasonOf(interaction.logs(log, options))).to.equal("NOT_RUNNING");
  });

  it("passes an early refusal of the provider on as the status, before opened", async () => {
    const { world, provider, interaction, options } = await openWithPod();
    await using _ = world;
    provider.on.logs = async function* () {
      yield* [];
      throw refuse("BACKEND_UNAVAILABLE", "away");
    };
    const frames: unknown[] = [];
    const error = await refusal(
      (async () => {
        for await (const frame of interaction.logs(log, options)) frames.push(frame);
      })(),
    );
    expect([error.reason, frames]).to.deep.equal(["BACKEND_UNAVAILABLE", []]);
  });

  const parts: readonly (readonly [Capability, Partial<LogsRequest>])[] = [
    [Capability.LOGS, {}],
    [Capability.LOGS_FOLLOW, { follow: true }],
    [Capability.LOGS_PREVIOUS, { previous: true }],
    [Capability.LOGS_TIME, { sinceTime: new Date(5) }],
    [Capability.LOGS_TAIL, { tailLines: 0n }],
    [Capability.LOGS_TAIL, { limitBytes: 5n }],
    [Capability.LOGS_RESUME, { cursor: Buffer.from("c") }],
  ];
  for (const [missing, change] of parts) {
    it(`without capability ${missing} refuses ${Object.keys(change)[0] ?? "everything"}`, async () => {
      const provider = new FakeProvider();
      provider.capabilities = ALL_CAPABILITIES.filter((capability) => capability !== missing);
      const { world, interaction, options } = await openWithPod(provider);
      await using _ = world;
      const error = await refusal(interaction.logs({ ...log, ...change }, options));
      expect([error.code, error.reason]).to.deep.equal([Code.UNIMPLEMENTED, "CAPABILITY"]);
    });
  }
});

describe("Exec", () => {
  it("sends opened, the output in chunks of 32 KiB, and one exit", async () => {
    const { world, provider, interaction, options } = await openWithPod();
    await using _ = world;
    provider.on.exec = async function* () {
      yield { $case: "stdout", value: new Uint8Array(40_000) };
      yield { $case: "stderr", value: Buffer.from("e") };
      yield { $case: "exit", value: { result: { $case: "code", value: 3 } } };
      yield { $case: "exit", value: { result: { $case: "code", value: 4 } } };
    };
    const frames = await framesOf(interaction.exec(execFrames({ $case: "start", value: start }), options));
    expect(frames.map((frame) => frame?.$case)).to.deep.equal(["opened", "stdout", "stdout", "stderr", "exit"]);
    expect(frames.at(-1)?.value).to.deep.equal({ result: { $case: "code", value: 3 } });
  });

  it("gives the provider the frames after the start", async () => {
    const { world, provider, interaction, options } = await openWithPod();
    await using _ = world;
    provider.on.exec = async function* (_start, input: ExecInput) {
      for await (const frame of input) {
        if (frame.$case === "stdin") yield { $case: "stdout", value: frame.value };
        if (frame.$case === "stdinEnd") break;
      }
      yield { $case: "exit", value: { result: { $case: "code", value: 0 } } };
    };
    const input = execFrames(
      { $case: "start", value: start },
      { $case: "stdin", value: Buffer.from("abc") },
      { $case: "stdinEnd", value: {} },
    );
    const frames = await framesOf(interaction.exec(input, options));
    const output = frames.find((frame) => frame?.$case === "stdout");
    expect(Buffer.from(output?.$case === "stdout" ? output.value : []).toString()).to.equal("abc");
  });

  it("refuses a stream whose first frame is not start", async () => {
    const { world, interaction, options } = await openWithPod();
    await using _ = world;
    for (const first of [{ $case: "stdinEnd" as const, value: {} }, undefined]) {
      expect(await reasonOf(interaction.exec(execFrames(first), options))).to.equal("BAD_REQUEST");
    }
    expect(await reasonOf(interaction.exec(execFrames(), options))).to.equal("BAD_REQUEST");
  });

  it("ends with an exit that says so when a later frame breaks the contract", async () => {
    const { world, provider, interaction, options } = await openWithPod();
    await using _ = world;
    provider.on.exec = async function* (_start, input) {
      for await (const frame of input) if (frame.$case === "stdinEnd") break;
      await new Promise(() => {});
      yield { $case: "exit", value: {} };
    };
    const breaking: readonly (readonly ExecRequest["frame"][])[] = [
      [
        { $case: "start", value: start },
        { $case: "start", value: start },
      ],
      [
        { $case: "start", value: { ...start, stdin: false } },
        { $case: "stdin", value: Buffer.from("x") },
      ],
      [
        { $case: "start", value: start },
        { $case: "resize", value: { width: 1, height: 1 } },
      ],
    ];
    for (const frames of breaking) {
      const answer = await framesOf(interaction.exec(execFrames(...frames), options)).catch((error: unknown) => error);
      const text = Array.isArray(answer) ? exitText(answer.at(-1) as ExecFrame) : String(answer);
      expect(text).to.contain("breaks the contract");
    }
  });

  it("makes an exit of an end without one, and of an error, without its text", async () => {
    const { world, provider, interaction, options } = await openWithPod();
    await using _ = world;
    provider.on.exec = async function* () {
      yield { $case: "stdout", value: Buffer.from("x") };
    };
    const silent = await framesOf(interaction.exec(execFrames({ $case: "start", value: start }), options));
    expect(exitText(silent.at(-1))).to.equal("how the process ended is not known");
    provider.on.exec = async function* () {
      yield { $case: "stdout", value: Buffer.from("x") };
      throw new Error("password=hunter2");
    };
    const broken = await framesOf(interaction.exec(execFrames({ $case: "start", value: start }), options));
    expect(exitText(broken.at(-1))).to.equal("internal error of the provider");
  });

  it("tells the provider when the client is gone", async () => {
    const { world, provider, interaction, options } = await openWithPod();
    await using _ = world;
    let gone = false;
    provider.on.exec = async function* (_start, _input, { signal }) {
      yield { $case: "stdout", value: Buffer.from("x") };
      signal.addEventListener("abort", () => (gone = true));
      await new Promise(() => {});
    };
    const stream = interaction.exec(execFrames({ $case: "start", value: start }), options)[Symbol.asyncIterator]();
    await stream.next();
    await stream.return?.();
    await eventually(() => gone);
  });

  const refusals: readonly (readonly [string, Partial<ExecStart>])[] = [
    ["POD", { uid: "x" }],
    ["CONTAINER", { container: "x" }],
    ["BAD_REQUEST", { command: [] }],
    ["BAD_REQUEST", { tty: true, stderr: true }],
  ];
  for (const [reason, change] of refusals) {
    it(`refuses with ${reason}: ${JSON.stringify(change)}`, async () => {
      const { world, interaction, options } = await openWithPod();
      await using _ = world;
      const input = execFrames({ $case: "start", value: { ...start, ...change } });
      expect(await reasonOf(interaction.exec(input, options))).to.equal(reason);
    });
  }

  it("refuses a container that does not run", async () => {
    const { world, provider, interaction, options } = await openWithPod();
    await using _ = world;
    provider.publish("u", { containers: [endedContainer("c", 0)] });
    expect(await reasonOf(interaction.exec(execFrames({ $case: "start", value: start }), options))).to.equal(
      "NOT_RUNNING",
    );
  });

  const parts: readonly (readonly [Capability, "exec" | "attach", Partial<ExecStart>])[] = [
    [Capability.EXEC, "exec", {}],
    [Capability.EXEC_TTY, "exec", { tty: true, stderr: false }],
    [Capability.EXEC_STDIN, "exec", {}],
    [Capability.ATTACH, "attach", {}],
    [Capability.ATTACH_TTY, "attach", { tty: true, stderr: false }],
    [Capability.ATTACH_STDIN, "attach", {}],
  ];
  for (const [missing, rpc, change] of parts) {
    it(`without capability ${missing}: ${rpc} is refused`, async () => {
      const provider = new FakeProvider();
      provider.capabilities = ALL_CAPABILITIES.filter((capability) => capability !== missing);
      const { world, interaction, options } = await openWithPod(provider);
      await using _ = world;
      const input = execFrames({ $case: "start", value: { ...start, ...change } });
      const error = await refusal(
        rpc === "exec" ? interaction.exec(input, options) : interaction.attach(input, options),
      );
      expect([error.code, error.reason]).to.deep.equal([Code.UNIMPLEMENTED, "CAPABILITY"]);
    });
  }
});

describe("Attach", () => {
  it("is served as exec is", async () => {
    const { world, provider, interaction, options } = await openWithPod();
    await using _ = world;
    provider.on.attach = async function* () {
      yield { $case: "stdout", value: Buffer.from("x") };
      yield { $case: "exit", value: { result: { $case: "signal", value: 9 } } };
    };
    const frames = await framesOf(interaction.attach(execFrames({ $case: "start", value: start }), options));
    expect(frames.map((frame) => frame?.$case)).to.deep.equal(["opened", "stdout", "exit"]);
  });
});

describe("PortForward", () => {
  async function* forwardFrames(...frames: readonly PortForwardRequest["frame"][]): AsyncGenerator<PortForwardRequest> {
    for (const frame of frames) yield { frame };
  }
  const open: PortForwardRequest["frame"] = { $case: "start", value: { uid: "u", port: 80 } };

  it("relays what the provider yields, in chunks of 32 KiB", async () => {
    const { world, provider, interaction, options } = await openWithPod();
    await using _ = world;
    provider.on.portForward = async function* (_start, input) {
      yield { $case: "opened", value: {} };
      for await (const frame of input)
        if (frame.$case === "data") yield { $case: "data", value: new Uint8Array(33_000) };
      yield { $case: "halfClose", value: {} };
    };
    const frames = [];
    const input = forwardFrames(open, { $case: "data", value: Buffer.from("x") }, { $case: "halfClose", value: {} });
    for await (const { frame } of interaction.portForward(input, options)) frames.push(frame?.$case);
    expect(frames).to.deep.equal(["opened", "data", "data", "halfClose"]);
  });

  it("refuses a pod that has ended", async () => {
    const { world, provider, interaction, options } = await openWithPod();
    await using _ = world;
    provider.end("u");
    expect(await reasonOf(interaction.portForward(forwardFrames(open), options))).to.equal("NOT_RUNNING");
  });

  it("makes `failed` of an error after opened, without its text", async () => {
    const { world, provider, interaction, options } = await openWithPod();
    await using _ = world;
    provider.on.portForward = async function* () {
      yield { $case: "opened", value: {} };
      throw new Error("secret");
    };
    const frames = [];
    for await (const { frame } of interaction.portForward(forwardFrames(open), options)) frames.push(frame);
    expect(frames.map((frame) => frame?.$case)).to.deep.equal(["opened", "failed"]);
    expect(JSON.stringify(frames)).to.not.contain("secret");
  });

  it("refuses port 0, an unknown pod, and what is not declared", async () => {
    const provider = new FakeProvider();
    const { world, interaction, options } = await openWithPod(provider);
    await using _ = world;
    const call = async (uid: string, port: number) =>
      await reasonOf(interaction.portForward(forwardFrames({ $case: "start", value: { uid, port } }), options));
    expect([await call("u", 0), await call("u", 65_536), await call("x", 80)]).to.deep.equal([
      "BAD_REQUEST",
      "BAD_REQUEST",
      "POD",
    ]);
  });
});

describe("GetStats", () => {
  it("relays the figures, and is refused where it is not declared", async () => {
    const { world, provider, stats, options } = await openWithPod();
    await using _ = world;
    provider.on.stats = async function* () {
      yield { stats: { $case: "node", value: {} } };
    };
    const found = [];
    for await (const answer of stats.getStats({ onlyCpuAndMemory: true }, options)) found.push(answer.stats?.$case);
    expect(found).to.deep.equal(["node"]);
    const poor = new FakeProvider();
    poor.capabilities = [];
    await using other = await openWorld(poor);
    const caller = await other.owner();
    expect(await reasonOf(caller.stats.getStats({ onlyCpuAndMemory: true }, caller.options))).to.equal("CAPABILITY");
  });
});
