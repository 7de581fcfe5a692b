import { once } from "node:events";
import { Agent } from "node:https";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect } from "chai";
import { type LogChunk, ProviderError } from "../ports/provider.js";
import type { KubeletServerOptions } from "./server.js";
import { eventually, settled } from "./testing/eventually.js";
import { line, streamOf, streamWithoutEnd } from "./testing/scripted-logs.js";
import {
  createTestPki,
  providerInfo,
  readAnswer,
  type ServerUnderTest,
  startServer,
  type TestPki,
} from "./testing/server-under-test.js";

const PATH = "/containerLogs/httpcap/p/c";

describe("containerLogs", () => {
  let pki: TestPki;
  let subject: ServerUnderTest;

  before(async () => {
    pki = await createTestPki();
  });
  afterEach(() => subject.server.close(0));

  async function start(options: Partial<KubeletServerOptions> = {}): Promise<ServerUnderTest> {
    subject = await startServer(pki, options);
    return subject;
  }

  it("checks the query before the pod and the pod before its container", async () => {
    await start();
    const get = async (path: string): Promise<string> => {
      const { status, body } = await subject.send("GET", `/containerLogs/${path}`);
      return `${status} ${body}`;
    };
    expect(await get("httpcap/x/y?tailLines=a&limitBytes=0")).to.equal('400 {"message": "Unable to decode query."}');
    expect(await get("httpcap/x/y?limitBytes=0")).to.equal('422 {"message": "Invalid request."}');
    expect(await get("httpcap/x/y?stream=Stdout")).to.equal('404 pod "x" does not exist');
    expect(await get("httpcap/p/y?stream=Stdout")).to.equal('404 container "y" not found in pod "p"');
    expect(await get("httpcap/p/c?stream=Stdout&previous=1")).to.equal(
      '400 unable to return the given log stream: "Stdout". Please enable PodLogsQuerySplitStreams feature gate in kubelet',
    );
    expect(subject.logs.queries).to.deep.equal([]);
  });

  it("gives the headers before the first line, then lines as they come, then the end", async () => {
    await start();
    const { promise: written, resolve: write } = Promise.withResolvers<void>();
    subject.logs.answer(async function* later(): AsyncGenerator<LogChunk> {
      await written;
      yield line("late");
    });
    const message = await subject.open("GET", `${PATH}?follow=true`);
    expect(message.statusCode).to.equal(200);
    write();
    const answer = await readAnswer(message);
    expect([answer.body, answer.complete]).to.deep.equal(["late\n", true]);
    expect(subject.logs.queries[0]).to.include({ uid: "uid-p", container: "c", follow: true });
  });

  it("stops the provider when the client goes away", async () => {
    await start();
    subject.logs.answer((_query, signal) => streamWithoutEnd([line("one")], signal));
    const message = await subject.open("GET", `${PATH}?follow=true`);
    await once(message, "data");
    message.destroy();
    await eventually("the provider's stream is aborted", () => subject.logs.signals[0]?.aborted === true);
    const gauge = 'outboard_kubelet_open_streams{route="containerLogs"} 0';
    await eventually("its place is free", async () => (await subject.metrics.registry.metrics()).includes(gauge));
  });

  it("stops a provider that does not listen, too", async () => {
    await start();
    subject.logs.answer(() => streamWithoutEnd([line("one")], new AbortController().signal));
    const message = await subject.open("GET", `${PATH}?follow=true`);
    await once(message, "data");
    message.destroy();
    const gauge = 'outboard_kubelet_open_streams{route="containerLogs"} 0';
    await eventually("its place is free", async () => (await subject.metrics.registry.metrics()).includes(gauge));
  });

  it("reads no more from the provider than the client takes", async () => {
    await start();
    const chunk = { ...line(""), data: new Uint8Array(32_768).fill(120) };
    let made = 0;
    subject.logs.answer(async function* endless(): AsyncGenerator<LogChunk> {
      for (;;) {
        made += 1;
        await nextTurn();
        yield chunk;
      }
    });
    const message = await subject.open("GET", PATH);
    const stopped = await settled("the provider is held back", () => made);
    expect(stopped * chunk.data.length).to.be.lessThan(32 * 1024 * 1024);
    message.resume();
    await eventually("it goes on when the client reads", () => made > stopped);
    message.destroy();
  });

  it("stops at limitBytes and tells the provider", async () => {
    await start();
    subject.logs.answer((_query, signal) => streamWithoutEnd([line("one"), line("two")], signal));
    const answer = await subject.send("GET", `${PATH}?follow=true&limitBytes=5`);
    expect([answer.body, answer.complete]).to.deep.equal(["one\nt", true]);
    await eventually("the provider's stream is aborted", () => subject.logs.signals[0]?.aborted === true);
  });

  it("answers 429 when all streams are in use, and serves again when one ends", async () => {
    await start({ provider: { info: () => providerInfo(undefined, 1) } });
    subject.logs.answer((_query, signal) => streamWithoutEnd([line("one")], signal));
    const first = await subject.open("GET", `${PATH}?follow=true`);
    const refused = await subject.send("GET", PATH);
    expect([refused.status, refused.headers["retry-after"]]).to.deep.equal([429, "1"]);
    expect(refused.body).to.equal("all 1 streams of this node are in use");
    first.destroy();
    subject.logs.answer(() => streamOf([line("two")]));
    await eventually("the place is free", async () => (await subject.send("GET", PATH)).status === 200);
  });

  it("answers 501 for what the provider did not declare", async () => {
    const asked: Readonly<Record<string, string>> = {
      "follow=1": "logs.follow",
      "previous=1": "logs.previous",
      "timestamps=1": "logs.time",
      "sinceSeconds=1": "logs.time",
    };
    const { containerStatus, createPod, createPodView, podStatus } = await import("./testing/pods.js");
    const lastState = { terminated: { exitCode: 1, containerID: "x://0" } };
    const status = podStatus(containerStatus({ state: { running: {} }, lastState }));
    await start({
      provider: { info: () => providerInfo(["logs"]) },
      pods: createPodView({ pod: createPod("p"), status }),
    });
    for (const [query, capability] of Object.entries(asked)) {
      const answer = await subject.send("GET", `${PATH}?${query}`);
      expect([answer.status, answer.body]).to.deep.equal([501, `the provider "memory" does not offer ${capability}`]);
    }
    expect((await subject.send("GET", PATH)).status).to.equal(200);
  });

  it("turns the provider's refusals into answers", async () => {
    const container = 'container "c" in pod "p"';
    const expected: readonly (readonly [string | undefined, number, string])[] = [
      ["NOT_RUNNING", 400, `${container} is waiting to start - no logs yet`],
      ["CONTAINER", 200, "unable to retrieve container logs for fake://1"],
      ["POD", 404, `the provider has no log of ${container}`],
      ["CAPABILITY", 501, 'the provider "memory" does not offer logs'],
      ["BACKEND_UNAVAILABLE", 503, `the log of ${container} cannot be read now: away`],
      [undefined, 503, `the log of ${container} cannot be read now: away`],
    ];
    await start();
    for (const [reason, status, body] of expected) {
      subject.logs.fail(new ProviderError("away", { reason }));
      const answer = await subject.send("GET", PATH);
      expect([answer.status, answer.body]).to.deep.equal([status, body]);
    }
  });

  it("answers 503 while there is no provider", async () => {
    await start({ provider: { info: () => undefined } });
    const answer = await subject.send("GET", PATH);
    expect([answer.status, answer.body]).to.deep.equal([503, "the provider is not connected"]);
  });

  it("never makes a broken log look complete, and says why it broke", async () => {
    await start();
    const breakWith = async (error: Error): Promise<readonly [string, boolean]> => {
      subject.logs.answer(async function* broken(): AsyncGenerator<LogChunk> {
        yield line("one");
        throw error;
      });
      const { body, complete } = await subject.send("GET", PATH);
      return [body, complete];
    };
    expect(await breakWith(new ProviderError("backend away"))).to.deep.equal(["one\n\nbackend away\n", false]);
    expect(await breakWith(new Error("secret"))).to.deep.equal(["one\n\nthe log broke off\n", false]);
  });

  it("breaks followers off when the server closes, within the time given", async () => {
    await start();
    subject.logs.answer((_query, signal) => streamWithoutEnd([line("one")], signal));
    const message = await subject.open("GET", `${PATH}?follow=true`);
    const answer = readAnswer(message);
    await once(message, "data");
    await subject.server.close(60_000);
    const { body, complete } = await answer;
    expect([body, complete]).to.deep.equal(["one\n", false]);
    expect(subject.logs.signals[0]?.aborted).to.equal(true);
    await subject.server.close(0);
  });

  it("lets other requests end when the server closes", async () => {
    const { promise: allowed, resolve: allow } = Promise.withResolvers<boolean>();
    await start({ authorization: { kind: "webhook", reviewer: { reviewAccess: () => allowed } } });
    const agent = new Agent({ keepAlive: true });
    const answer = subject.send("GET", "/pods", { agent });
    await eventually("the request waits for its permission", () => subject.clock.sleepers() > 0);
    const closed = subject.server.close(60_000);
    allow(true);
    expect((await answer).status).to.equal(200);
    await closed;
    agent.destroy();
    const late = await subject.send("GET", "/pods").catch((error: NodeJS.ErrnoException) => error.code);
    expect(late).to.equal("ECONNREFUSED");
  });

  it("cuts requests that do not end in time", async () => {
    const reviewAccess = (): Promise<boolean> => new Promise(() => {});
    await start({ authorization: { kind: "webhook", reviewer: { reviewAccess } } });
    const answer = subject.send("GET", "/pods").catch((error: NodeJS.ErrnoException) => error.code);
    await eventually("the request waits for its permission", () => subject.clock.sleepers() > 0);
    const closed = subject.server.close(5000);
    subject.clock.advance(5000);
    await closed;
    expect(await answer).to.equal("ECONNRESET");
  });
});
