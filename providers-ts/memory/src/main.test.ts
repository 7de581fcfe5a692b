import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import {
  type CallOptions,
  type Client,
  Code,
  connect,
  ControlServiceDefinition,
  IdentityServiceDefinition,
  InteractionServiceDefinition,
  NodeServiceDefinition,
  openChannel,
  PodInputs,
  type PodObservation,
  PodServiceDefinition,
  PodStage,
  ProviderState,
  SessionMode,
  type StatusError,
  TerminationCause,
} from "@outboard/contract";
import { expect } from "chai";
import { orderOf } from "./harness.test.js";

const BIN = fileURLToPath(new URL("../bin/outboard-provider-memory.mjs", import.meta.url));
const CANARY = "canary-91ab";

/** One process of the binary. */
class Program {
  readonly #child: ChildProcess;
  readonly exit: Promise<number | NodeJS.Signals | null>;
  output = "";

  constructor(...flags: readonly string[]) {
    this.#child = spawn(process.execPath, [BIN, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
    this.exit = new Promise((resolve) => this.#child.once("close", (code, signal) => resolve(code ?? signal)));
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

interface Caller {
  readonly pods: Client<PodServiceDefinition>;
  readonly node: Client<NodeServiceDefinition>;
  readonly interaction: Client<InteractionServiceDefinition>;
  readonly control: Client<ControlServiceDefinition>;
  readonly options: CallOptions;
}

describe("outboard-provider-memory", function () {
  this.timeout(15_000);
  let folder = "";
  let programs: Program[] = [];
  let closers: (() => void)[] = [];
  let fencing = 0n;

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), "mem-"));
    programs = [];
    closers = [];
  });

  afterEach(async () => {
    for (const close of closers) close();
    for (const program of programs) program.kill("SIGKILL");
    await Promise.all(programs.map((program) => program.exit));
    rmSync(folder, { recursive: true });
  });

  function run(...flags: readonly string[]): Program {
    const program = new Program("--listen", `unix://${folder}/s`, ...flags);
    programs.push(program);
    return program;
  }

  async function call(program: Program): Promise<Caller> {
    await eventually(() => program.output.includes("provider listens"));
    const channel = openChannel({ address: { kind: "unix", path: `${folder}/s` } });
    closers.push(() => channel[Symbol.dispose]());
    const signal = new AbortController().signal;
    fencing += 1n;
    const answer = await connect(IdentityServiceDefinition, channel).handshake(
      {
        revisions: [1],
        gatewayName: "test",
        gatewayVersion: "",
        instanceId: `g${fencing}`,
        mode: SessionMode.OWNER,
        fencing,
        clusterId: "c",
        nodeName: "n",
        nodeConfiguration: { clusterDns: [], clusterDomain: "", podCidrs: [], kubernetesVersion: "" },
      },
      { signal },
    );
    return {
      pods: connect(PodServiceDefinition, channel),
      node: connect(NodeServiceDefinition, channel),
      interaction: connect(InteractionServiceDefinition, channel),
      control: connect(ControlServiceDefinition, channel),
      options: { signal, metadata: { "outboard-session": answer.sessionId }, deadlineMs: 5000 },
    };
  }

  async function podOf({ pods, options }: Caller, uid = "u"): Promise<PodObservation> {
    const { pod } = await pods.getPod({ uid }, options);
    if (pod === undefined) throw new Error("no pod in the answer");
    return pod;
  }

  const wrong: readonly (readonly [string, readonly string[]])[] = [
    ["Unknown option '--bogus'", ["--bogus"]],
    ["--max-pods: must be a number", ["--max-pods", "x"]],
    ["--fault: must be none", ["--fault", "x"]],
    ["--without-feature: there is no x", ["--without-feature", "x"]],
    ["--tls-cert, --tls-key and --tls-ca belong together", ["--tls-cert", "x"]],
    ["--log-level: must be one of", ["--log-level", "x"]],
  ];
  for (const [text, flags] of wrong) {
    it(`exits with 2 and one line: ${text}`, async () => {
      const program = run(...flags);
      expect(await program.exit).to.equal(2);
      expect(program.output)
        .to.match(/^memory: [^\n]*\n$/)
        .and.contain(text);
    });
  }

  it("ends well on SIGTERM, with a watch open", async () => {
    const program = run();
    const { pods, options } = await call(program);
    const watch = pods.watchPods({ snapshotOnly: false }, { signal: options.signal, metadata: options.metadata ?? {} });
    const ended = (async () => {
      for await (const _ of watch);
    })().catch((error: StatusError) => error.code);
    await eventually(() => program.output.includes("owner session opened"));
    program.kill("SIGTERM");
    expect(await program.exit).to.equal(0);
    expect(await ended).to.equal(Code.UNAVAILABLE);
  });

  it("keeps pods over kill -9 with a state folder, and knows their owner", async () => {
    const state = `${folder}/state`;
    const first = run("--state", state);
    const before = await call(first);
    await before.pods.createPod(
      orderOf({ annotations: { "run-ms": "1500", "exit-code": "3" }, spec: { restartPolicy: "Never" } }),
      before.options,
    );
    const running = await podOf(before);
    first.kill("SIGKILL");
    await first.exit;
    const after = await call(run("--state", state));
    const kept = await podOf(after);
    expect([kept.containers[0]?.containerId, kept.podIps, kept.needsInputs]).to.deep.equal([
      running.containers[0]?.containerId,
      running.podIps,
      false,
    ]);
    expect(kept.epoch).to.not.equal(running.epoch);
    await eventually(async () => (await podOf(after)).stage === PodStage.ENDED);
    const state0 = (await podOf(after)).containers[0]?.state;
    expect(state0?.$case === "terminated" && state0.value.exitCode).to.equal(3);
    await after.pods.releasePod({ uid: "u" }, after.options);
  });

  it("needs inputs again after kill -9 where it may not keep them", async () => {
    const state = `${folder}/state`;
    const first = run("--state", state);
    const before = await call(first);
    const value = { parts: [{ part: { $case: "literal" as const, value: Buffer.from(CANARY) } }] };
    const inputs = PodInputs.create({ containers: [{ name: "c", env: [{ name: "A", value }] }] });
    await before.pods.createPod(orderOf({}, { inputs }), before.options);
    first.kill("SIGKILL");
    await first.exit;
    const after = await call(run("--state", state));
    expect((await podOf(after)).needsInputs).to.equal(true);
    await after.pods.createPod(orderOf({}, { inputs }), after.options);
    expect((await podOf(after)).needsInputs).to.equal(false);
  });

  it("forgets everything without a state folder", async () => {
    const first = run();
    const before = await call(first);
    await before.pods.createPod(orderOf({}), before.options);
    first.kill("SIGKILL");
    await first.exit;
    const after = await call(run());
    const error = await podOf(after).catch((caught: StatusError) => caught);
    expect(error).to.include({ reason: "POD" });
  });

  it("dies at the point it was told, and the pod is there or not as that point says", async () => {
    const state = `${folder}/state`;
    for (const [point, survives] of [
      [1, false],
      [3, true],
    ] as const) {
      const program = run("--state", state, "--testing");
      const caller = await call(program);
      await caller.control.dieAt({ point }, caller.options);
      const uid = `u${point}`;
      await caller.pods.createPod(orderOf({ uid }), caller.options).catch(() => {});
      expect(await program.exit).to.equal("SIGKILL");
      const next = run("--state", state);
      const found = await podOf(await call(next), uid).then(
        () => true,
        () => false,
      );
      expect(found).to.equal(survives);
      next.kill("SIGKILL");
      await next.exit;
    }
  });

  it("serves the testing service only when asked", async () => {
    const { control, options } = await call(run());
    const error = await control.advanceClock({ milliseconds: 1n }, options).catch((caught: StatusError) => caught);
    expect(error).to.include({ code: Code.UNIMPLEMENTED });
  });

  it("takes the backend away and gives it back, loses and reclaims pods, and moves its clock", async () => {
    const caller = await call(run("--testing"));
    const { pods, node, control, options } = caller;
    for (const uid of ["a", "b", "c"])
      await pods.createPod(
        orderOf({ uid, annotations: { "run-ms": "3600000" }, spec: { restartPolicy: "Never" } }),
        options,
      );
    await control.setBackend({ state: 2 }, options);
    expect((await node.getNode({}, options)).state).to.equal(ProviderState.BROKEN);
    const refused = await pods.createPod(orderOf({ uid: "d" }), options).catch((error: StatusError) => error);
    expect(refused).to.include({ reason: "BACKEND_UNAVAILABLE" });
    await control.losePod({ uid: "a" }, options);
    expect((await podOf(caller, "a")).stage).to.equal(PodStage.STARTED);
    await control.setBackend({ state: 1 }, options);
    await control.reclaimPod({ uid: "b" }, options);
    await control.advanceClock({ milliseconds: 3_600_000n }, options);
    const ends = await Promise.all(["a", "b", "c"].map(async (uid) => await podOf(caller, uid)));
    expect(ends.map(({ stage, cause }) => [stage, cause])).to.deep.equal([
      [PodStage.ENDED, TerminationCause.BACKEND_LOST],
      [PodStage.ENDED, TerminationCause.BACKEND_RECLAIMED],
      [PodStage.ENDED, TerminationCause.UNSPECIFIED],
    ]);
    const unknown = await control.losePod({ uid: "x" }, options).catch((error: StatusError) => error);
    expect(unknown).to.include({ code: Code.NOT_FOUND });
  });

  it("misbehaves as its faults file says, and stops when it says so", async () => {
    const faults = `${folder}/faults.json`;
    writeFileSync(faults, '{"mode":"none"}');
    const caller = await call(run("--faults", faults));
    const { node, pods, options } = caller;
    const codeOf = async () =>
      await node.getNode({}, { ...options, deadlineMs: 200 }).then(
        () => Code.OK,
        (error: StatusError) => error.code,
      );
    for (const [mode, code] of [
      ["unavailable", Code.UNAVAILABLE],
      ["hang", Code.DEADLINE_EXCEEDED],
      ["none", Code.OK],
    ] as const) {
      writeFileSync(faults, JSON.stringify({ mode }));
      await eventually(async () => (await codeOf()) === code);
    }
    await pods.createPod(orderOf({}), options);
    const { revision } = await podOf(caller);
    writeFileSync(faults, '{"mode":"flood"}');
    await eventually(async () => (await podOf(caller)).revision > revision + 5n);
  });

  it("never prints what pods hold, at any level", async () => {
    const program = run("--log-level", "trace", "--testing");
    const { pods, interaction, options } = await call(program);
    const value = { parts: [{ part: { $case: "literal" as const, value: Buffer.from(CANARY) } }] };
    const inputs = PodInputs.create({
      containers: [{ name: "c", env: [{ name: "A", value }], registryCredentials: [{ password: CANARY }] }],
      volumes: [{ name: "v", files: [{ path: "f", content: Buffer.from(CANARY), sensitive: true }] }],
      imageVolumes: [{ name: "i", registryCredentials: [{ password: CANARY }] }],
    });
    await pods.createPod(orderOf({ annotations: { "log-text": CANARY } }, { inputs }), options);
    async function* input() {
      yield {
        frame: {
          $case: "start" as const,
          value: { uid: "u", container: "c", command: [CANARY], tty: false, stdin: false, stdout: true, stderr: true },
        },
      };
    }
    for await (const frame of interaction.exec(input(), options)) expect(JSON.stringify(frame)).to.not.contain(CANARY);
    await pods.stopPod({ uid: "u", graceSeconds: 1, reason: 1 }, options);
    await pods.releasePod({ uid: "u" }, options);
    program.kill("SIGTERM");
    await program.exit;
    expect(program.output).to.contain("provider ends").and.not.contain(CANARY);
  });
});

async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("the condition never came true");
}
