import {
  type ExecStart,
  type LogsRequest,
  PodChange,
  PodInputs,
  StopReason,
  TerminationCause,
} from "@outboard/contract";
import { expect } from "chai";
import { brief, openBench, orderOf } from "./harness.test.js";

const context = { signal: new AbortController().signal };
const log: LogsRequest = { uid: "u", container: "c", follow: false, previous: false, cursor: new Uint8Array(0) };

async function* nothing(): AsyncGenerator<never> {}

async function collect<T>(items: AsyncIterable<T> | undefined): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const item of items ?? nothing()) found.push(item);
  return found;
}

describe("MemoryProvider", () => {
  it("publishes each step of a pod's life, with the kubelet's events", async () => {
    const { provider, clock, observations, events } = await openBench();
    await provider.createPod(orderOf({ annotations: { "run-ms": "100" }, spec: { restartPolicy: "Never" } }));
    clock.advance(100);
    expect(observations.map(brief)).to.deep.equal([
      "ACCEPTED c:ContainerCreating",
      "PREPARING c:ContainerCreating",
      "PREPARING c:ContainerCreating",
      "STARTED c:running",
      "STARTED c:exit-0",
      "STARTED c:exit-0",
      "ENDED c:exit-0",
    ]);
    expect(events.map(({ reason }) => reason)).to.deep.equal(["Pulled", "Created", "Started"]);
  });

  const stops: readonly (readonly [string, Readonly<Record<string, string>>, number, number, number])[] = [
    ["obeys TERM and ends with 0", {}, 30, 0, 0],
    ["ends with the scripted code after TERM", { "term-exit-code": "143", "term-ms": "2000" }, 30, 2000, 143],
    ["is killed when TERM takes longer than its grace", { "term-ms": "9000" }, 5, 5000, 137],
    ["is killed at once without grace", {}, 0, 0, 137],
  ];
  for (const [what, annotations, grace, after, code] of stops) {
    it(`a stopped container ${what}`, async () => {
      const { provider, clock, last } = await openBench();
      await provider.createPod(orderOf({ annotations }));
      await provider.stopPod("u", grace, StopReason.USER);
      if (after > 0) {
        clock.advance(after - 1);
        expect(brief(last())).to.equal("STOPPING c:running");
        clock.advance(1);
      }
      expect(brief(last())).to.equal(`ENDED c:exit-${code}`);
      expect(last().cause).to.equal(TerminationCause.USER);
    });
  }

  it("takes the Manifest of a repeated CreatePod as it is by then: a new image is put in force", async () => {
    const { provider, clock, last } = await openBench();
    await provider.createPod(orderOf({}));
    clock.advance(10);
    const spec = { containers: [{ name: "c", image: "newer" }] };
    await provider.createPod(orderOf({ spec }, { specRevision: 2n }));
    clock.advance(10);
    const [container] = last().containers;
    expect([container?.image, container?.restartCount]).to.deep.equal(["newer", 1]);
  });

  it("a later stop with less grace ends the pod earlier, and the first cause stays", async () => {
    const { provider, clock, last } = await openBench();
    await provider.createPod(orderOf({ annotations: { "term-ms": "60000" } }));
    await provider.stopPod("u", 30, StopReason.EVICTED);
    await provider.stopPod("u", 2, StopReason.USER);
    clock.advance(2000);
    expect([brief(last()), last().cause]).to.deep.equal(["ENDED c:exit-137", TerminationCause.EVICTED]);
  });

  it("keeps the deadline", async () => {
    const { provider, clock, last } = await openBench();
    await provider.createPod(orderOf({}, { deadline: new Date(clock.now() + 5000) }));
    clock.advance(5000);
    expect([last().cause, last().failure?.reason]).to.deep.equal([TerminationCause.DEADLINE, "DeadlineExceeded"]);
    expect(brief(last())).to.equal("ENDED c:exit-0");
  });

  it("gives each pod an address of its own and takes it back", async () => {
    const { provider, last } = await openBench();
    await provider.createPod(orderOf({ uid: "a" }));
    await provider.createPod(orderOf({ uid: "b" }));
    expect(last("a").podIps).to.not.deep.equal(last("b").podIps);
    expect(last("a").podIps[0]).to.match(/^10\.66\./);
  });

  it("refuses pods beyond its size and those that say so", async () => {
    const { provider } = await openBench({ "max-pods": 1 });
    const reason = async (order: ReturnType<typeof orderOf>) =>
      await provider.createPod(order).then(
        () => "OK",
        (error: { readonly reason: string }) => error.reason,
      );
    expect(await reason(orderOf({ uid: "x", annotations: { "out-of-capacity": "refuse" } }))).to.equal(
      "OUT_OF_CAPACITY",
    );
    expect(await reason(orderOf({ uid: "a" }))).to.equal("OK");
    expect(await reason(orderOf({ uid: "b" }))).to.equal("OUT_OF_CAPACITY");
  });

  it("lets containers with an input error wait, and the others start", async () => {
    const { provider, last } = await openBench();
    const error = { reason: "CreateContainerConfigError", message: "no secret" };
    const spec = {
      containers: [
        { name: "c", image: "i" },
        { name: "d", image: "i" },
      ],
    };
    await provider.createPod(orderOf({ spec }, { inputs: PodInputs.create({ containers: [{ name: "c", error }] }) }));
    expect(brief(last())).to.equal("STARTED c:CreateContainerConfigError d:running");
    await provider.updateInputs({ uid: "u", inputs: PodInputs.create(), inputVersion: 2n });
    expect([brief(last()), last().inputVersion]).to.deep.equal(["STARTED c:running d:running", 2n]);
  });

  it("shows a new image directly as the next instance with its last termination", async () => {
    const { provider, observations, last } = await openBench();
    await provider.createPod(orderOf({}));
    const before = observations.length;
    const order = orderOf({ spec: { containers: [{ name: "c", image: "new" }] } }, { specRevision: 2n });
    await provider.updatePod?.({ ...order, changes: [PodChange.IMAGE] });
    const [container] = last().containers;
    expect([container?.image, container?.restartCount, container?.lastTermination?.exitCode]).to.deep.equal([
      "new",
      1,
      0,
    ]);
    expect(observations.slice(before).map(brief)).to.not.include("STARTED c:exit-0");
  });

  it("adds ephemeral containers, and changes grace and deadline", async () => {
    const { provider, clock, last } = await openBench();
    await provider.createPod(orderOf({}));
    const spec = { containers: [{ name: "c", image: "i" }], ephemeralContainers: [{ name: "e", image: "i" }] };
    const update = orderOf({ spec }, { specRevision: 2n, deadline: new Date(clock.now() + 1000) });
    await provider.updatePod?.({ ...update, changes: [PodChange.EPHEMERAL_CONTAINERS, PodChange.DEADLINE] });
    expect(brief(last())).to.equal("STARTED c:running e:running");
    clock.advance(1000);
    expect(last().cause).to.equal(TerminationCause.DEADLINE);
  });

  it("reports resources as given in the inputs", async () => {
    const { provider, last } = await openBench();
    const resources = { requests: new Map([["cpu", "100m"]]), limits: new Map([["cpu", "200m"]]) };
    const inputs = {
      ...PodInputs.create(),
      containers: PodInputs.create({ containers: [{ name: "c" }] }).containers.map((own) => ({ ...own, resources })),
    };
    await provider.createPod(orderOf({}, { inputs }));
    expect([...(last().containers[0]?.resources?.limits ?? [])]).to.deep.equal([["cpu", "200m"]]);
  });

  it("goes on with the counts of a lost pod", async () => {
    const { provider, last } = await openBench();
    const lastTermination = {
      exitCode: 7,
      reason: "Error",
      message: "",
      containerId: "old",
      since: new Date(1),
      until: new Date(2),
    };
    await provider.createPod(orderOf({}, { prior: [{ name: "c", restartCount: 4, lastTermination }] }));
    const [container] = last().containers;
    expect([container?.restartCount, container?.lastTermination?.exitCode]).to.deep.equal([4, 7]);
  });

  it("leaves out what it is told to leave out", async () => {
    const { provider } = await openBench({ "without-capability": ["exec"], "without-feature": ["sidecars"] });
    const { capabilities, features } = provider.describe();
    const all = (await openBench()).provider.describe();
    expect([all.capabilities.length - capabilities.length, all.features.length - features.length]).to.deep.equal([
      1, 1,
    ]);
  });
});

describe("logs of the memory provider", () => {
  const text = async (bench: Awaited<ReturnType<typeof openBench>>, change: Partial<LogsRequest> = {}) =>
    (await collect(bench.provider.logs?.({ ...log, ...change }, context))).map(({ data }) =>
      Buffer.from(data).toString().trim(),
    );

  it("have lines with times, a tail, a limit, a since and cursors", async () => {
    const bench = await openBench();
    await bench.provider.createPod(orderOf({ annotations: { "log-lines": "2", "log-interval-ms": "1000" } }));
    bench.clock.advance(3000);
    const lines = await text(bench);
    expect(lines).to.have.length(5);
    expect(lines[4]).to.equal("container c instance 0 line 5");
    expect(await text(bench, { tailLines: 2n })).to.deep.equal(lines.slice(3));
    expect(await text(bench, { tailLines: 0n })).to.deep.equal([]);
    expect(await text(bench, { sinceTime: new Date(1_002_000) })).to.deep.equal(lines.slice(3));
    expect((await text(bench, { limitBytes: 9n })).join("")).to.equal("container");
    const chunks = await collect(bench.provider.logs?.(log, context));
    expect(chunks[3]?.timeUnixNano).to.equal(1_002_000_000_000n);
    expect(await text(bench, { cursor: chunks[3]?.cursor ?? new Uint8Array(0) })).to.deep.equal(lines.slice(4));
  });

  it("keep the previous instance apart from the latest", async () => {
    const bench = await openBench();
    await bench.provider.createPod(orderOf({ annotations: { "run-ms": "1000", "exit-code": "1" } }));
    bench.clock.advance(1500);
    expect(await text(bench)).to.deep.equal(["container c instance 1 line 1"]);
    expect(await text(bench, { previous: true })).to.deep.equal(["container c instance 0 line 1"]);
  });

  it("follow until the instance has ended", async () => {
    const bench = await openBench();
    const annotations = { "run-ms": "2500", "log-interval-ms": "1000" };
    await bench.provider.createPod(orderOf({ annotations, spec: { restartPolicy: "Never" } }));
    const following = text(bench, { follow: true });
    for (let step = 0; step < 6; step += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      bench.clock.advance(500);
    }
    expect(await following).to.have.length(3);
  });
});

describe("exec in the memory provider", () => {
  async function run(command: readonly string[], inputs = PodInputs.create(), spec = {}) {
    const { provider } = await openBench();
    await provider.createPod(orderOf({ spec }, { inputs }));
    const start: ExecStart = { uid: "u", container: "c", command, tty: false, stdin: true, stdout: true, stderr: true };
    async function* input() {
      yield { $case: "start" as const, value: start };
      yield { $case: "stdin" as const, value: Buffer.from("abc") };
      yield { $case: "stdinEnd" as const, value: {} };
    }
    const frames = await collect(provider.exec?.(start, input(), context));
    const text = (kind: string) =>
      frames
        .flatMap((frame) =>
          frame.$case === kind && frame.value instanceof Uint8Array ? [Buffer.from(frame.value).toString()] : [],
        )
        .join("");
    const last = frames.at(-1);
    return {
      out: text("stdout"),
      err: text("stderr"),
      exit: last?.$case === "exit" ? last.value.result?.value : "none",
    };
  }

  it("has commands for every kind of stream and end", async () => {
    expect(await run(["echo", "a", "b"])).to.deep.equal({ out: "a b\n", err: "", exit: 0 });
    expect(await run(["sh", "-c", "echo a"])).to.deep.equal({ out: "a\n", err: "", exit: 0 });
    expect(await run(["stderr", "e"])).to.deep.equal({ out: "", err: "e\n", exit: 0 });
    expect(await run(["cat"])).to.deep.equal({ out: "abc", err: "", exit: 0 });
    expect(await run(["exit", "42"])).to.deep.equal({ out: "", err: "", exit: 42 });
    expect((await run(["bytes", "100000"])).out).to.have.length(100_000);
    expect((await run(["nonsense"])).exit).to.equal("the command is not one of the built-in ones");
    expect((await run(["constructor"])).exit).to.equal("the command is not one of the built-in ones");
  });

  it("shows environment and files as the pod got them", async () => {
    const inputs = PodInputs.create({
      containers: [
        {
          name: "c",
          env: [
            {
              name: "A",
              value: {
                parts: [
                  { part: { $case: "literal", value: Buffer.from("x") } },
                  { part: { $case: "address", value: 1 } },
                ],
              },
            },
          ],
        },
      ],
      volumes: [{ name: "v", files: [{ path: "token", content: Buffer.from("secret"), mode: 420 }] }],
    });
    const spec = { containers: [{ name: "c", image: "i", volumeMounts: [{ name: "v", mountPath: "/var/v" }] }] };
    expect((await run(["env"], inputs, spec)).out).to.match(/^A=x10\.66\.\d+\.\d+\n$/);
    expect((await run(["cat", "/var/v/token"], inputs, spec)).out).to.equal("secret");
    expect((await run(["cat", "/etc/passwd"], inputs, spec)).exit).to.equal(1);
  });
});
