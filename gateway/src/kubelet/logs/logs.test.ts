import { expect } from "chai";
import type { PodStatus } from "../../domain/kubernetes.js";
import type { LogChunk } from "../../ports/provider.js";
import { createFakeClock } from "../testing/fake-clock.js";
import { containerStatus, createPod, podStatus, RUNNING } from "../testing/pods.js";
import { createScriptedLogs, line, part, streamOf } from "../testing/scripted-logs.js";
import { hasContainer, instanceOf, whyNoLog } from "./availability.js";
import { readLogOptions } from "./options.js";
import { openLog } from "./query.js";
import { countLines, createLogRenderer, type RenderOptions } from "./renderer.js";
import { formatTime, parseTime } from "./time.js";

describe("times in logs", () => {
  it("are written with nine digits in UTC", () => {
    expect(formatTime(1_795_613_282_576_562_003n)).to.equal("2026-11-25T13:28:02.576562003Z");
    expect(formatTime(0n)).to.equal("1970-01-01T00:00:00.000000000Z");
    expect(formatTime(-1n)).to.equal("1969-12-31T23:59:59.999999999Z");
  });

  it("are read as RFC 3339 to the nanosecond", () => {
    expect(parseTime("2026-11-25T13:28:02.576562003Z")).to.equal(1_795_613_282_576_562_003n);
    expect(parseTime("2026-11-25T15:28:02+02:00")).to.equal(1_795_613_282_000_000_000n);
    expect(parseTime("1970-01-01T00:00:00.5Z")).to.equal(500_000_000n);
  });

  it("are not read from anything else", () => {
    const texts = ["", "now", "2026-11-25", "2026-02-30T00:00:00Z", "2026-11-25 13:28:02Z", "2026-11-25T13:28:02"];
    expect(texts.map(parseTime)).to.deep.equal(texts.map(() => undefined));
  });
});

describe("the query of containerLogs", () => {
  const read = (query: string): string => readLogOptions(new URLSearchParams(query)).kind;
  const options = (query: string): unknown => {
    const result = readLogOptions(new URLSearchParams(query));
    return result.kind === "options" ? result.options : result.kind;
  };

  it("has the kubelet's defaults", () => {
    expect(options("")).to.deep.equal({ follow: false, previous: false, timestamps: false, stream: "All" });
  });

  it("takes any flag but 0 and false as set", () => {
    expect(options("follow&previous=FALSE&timestamps=1")).to.include({
      follow: true,
      previous: false,
      timestamps: true,
    });
    expect(options("follow=0&previous=no")).to.include({ follow: false, previous: true });
  });

  it("lets the old tail win over tailLines", () => {
    expect(options("tail=5&tailLines=7")).to.include({ tailLines: 5 });
    expect(options("tail=all&tailLines=7")).not.to.have.property("tailLines");
  });

  it("cannot be decoded with texts for numbers and times", () => {
    const queries = ["tailLines=abc", "tailLines=", "limitBytes=1.5", "sinceSeconds=1e3", "sinceTime=yesterday"];
    expect([...queries, "tailLines=9223372036854775808"].map(read)).to.deep.equal(Array(6).fill("undecodable"));
    expect(read("tailLines=9223372036854775807")).to.equal("options");
  });

  it("is invalid with numbers out of range and with what excludes each other", () => {
    const queries = [
      "tailLines=-1",
      "limitBytes=0",
      "sinceSeconds=0",
      "sinceSeconds=1&sinceTime=2026-11-25T13:28:02Z",
      "sinceSeconds=1&sinceTime=",
      "stream=bogus",
      "stream=Stdout&tailLines=1",
    ];
    expect(queries.map(read)).to.deep.equal(queries.map(() => "invalid"));
    expect(["tailLines=0", "limitBytes=1", "stream=All&tailLines=1", "stream=Stderr"].map(read)).to.deep.equal(
      Array(4).fill("options"),
    );
  });
});

describe("whether there is a log", () => {
  const ended = (containerID?: string): { terminated: { exitCode: number; containerID?: string } } => {
    return { terminated: { exitCode: 1, ...(containerID === undefined ? {} : { containerID }) } };
  };
  const why = (status: PodStatus | undefined, previous = false): string | undefined =>
    whyNoLog({ pod: "p", container: "c", previous }, status);
  const withC = (fields: Parameters<typeof containerStatus>[0]): PodStatus => podStatus(containerStatus(fields));

  it("is so while the container runs and after it ended", () => {
    expect(why(RUNNING)).to.equal(undefined);
    expect(why(withC({ state: ended("x://1") }))).to.equal(undefined);
  });

  it("is so in back-off, by the instance before", () => {
    const status = withC({ state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: ended("x://1") });
    expect(why(status)).to.equal(undefined);
    expect(why(withC({ state: ended(), lastState: ended("x://1") }))).to.equal(undefined);
  });

  it("is not so without a status of the container", () => {
    expect(why(undefined)).to.equal('container "c" in pod "p" is not available');
    expect(why(podStatus())).to.equal('container "c" in pod "p" is not available');
  });

  it("is not so while it waits, with the kubelet's words", () => {
    const waiting = (reason?: string): string | undefined =>
      why(withC({ state: { waiting: reason === undefined ? {} : { reason } } }));
    const begin = 'container "c" in pod "p" is waiting to start: ';
    expect(waiting("ContainerCreating")).to.equal(`${begin}ContainerCreating`);
    expect(waiting("ErrImagePull")).to.equal(`${begin}image can't be pulled`);
    expect(waiting("ImagePullBackOff")).to.equal(`${begin}trying and failing to pull image`);
    expect(waiting()).to.equal(begin);
    expect(why(withC({}))).to.equal('container "c" in pod "p" is waiting to start - no logs yet');
  });

  it("is not so when the instance that ended never started", () => {
    expect(why(withC({ state: ended() }))).to.equal('container "c" in pod "p" is terminated');
    expect(why(withC({ state: { waiting: {} }, lastState: ended("") }))).to.equal(
      'container "c" in pod "p" is terminated',
    );
  });

  it("needs a last state with an id for the previous instance", () => {
    const text = 'previous terminated container "c" in pod "p" not found';
    expect(why(RUNNING, true)).to.equal(text);
    expect(why(withC({ state: { running: {} }, lastState: ended() }), true)).to.equal(text);
    expect(why(withC({ state: { running: {} }, lastState: ended("x://1") }), true)).to.equal(undefined);
  });

  it("is that of the instance that runs, or that ended last", () => {
    const idOf = (status: PodStatus, previous = false): string =>
      instanceOf({ pod: "p", container: "c", previous }, status);
    const running = withC({ state: { running: {} }, containerID: "x://2", lastState: ended("x://1") });
    expect([idOf(running), idOf(running, true)]).to.deep.equal(["x://2", "x://1"]);
    const both = withC({ state: ended("x://2"), lastState: ended("x://1") });
    expect([idOf(both), idOf(both, true)]).to.deep.equal(["x://2", "x://1"]);
    expect(idOf(withC({ state: { waiting: {} }, lastState: ended("x://1") }))).to.equal("x://1");
    expect(idOf(podStatus())).to.equal("");
  });

  it("is asked of init and ephemeral containers too", () => {
    const pod = createPod("p");
    const spec = {
      ...pod.spec,
      initContainers: [{ name: "i" }],
      ephemeralContainers: [{ name: "e" }],
    };
    const names = ["c", "i", "e", "x"];
    expect(names.map((name) => hasContainer({ ...pod, spec }, name))).to.deep.equal([true, true, true, false]);
    const status = { initContainerStatuses: [containerStatus({ name: "i", state: { running: {} } })] };
    expect(whyNoLog({ pod: "p", container: "i", previous: false }, status)).to.equal(undefined);
  });
});

function print(chunks: readonly LogChunk[], options: Partial<RenderOptions>): string {
  const renderer = createLogRenderer({ timestamps: false, skipLines: 0, ...options });
  return Buffer.concat(chunks.map((chunk) => renderer.render(chunk))).toString();
}

describe("printing a log", () => {
  const lines = [line("a", 1n), line("b", 2n), line("c", 3n)];

  it("gives the bytes as they were written", () => {
    expect(print(lines, {})).to.equal("a\nb\nc\n");
    expect(print([part("a"), part("b"), line("c")], {})).to.equal("abc\n");
  });

  it("puts the time before each line and joins its parts", () => {
    expect(print([part("x", 1n), part("y", 2n), line("z", 3n), line("w", 4n)], { timestamps: true })).to.equal(
      "1970-01-01T00:00:00.000000001Z xyz\n1970-01-01T00:00:00.000000004Z w\n",
    );
  });

  it("puts the time before every line of a chunk that holds several", () => {
    expect(print([line("a\n\nb", 1n)], { timestamps: true })).to.equal(
      ["a", "", "b"].map((text) => `1970-01-01T00:00:00.000000001Z ${text}\n`).join(""),
    );
  });

  it("leaves out lines at the beginning, each with all its parts", () => {
    expect(print([part("x"), line("y"), line("z")], { skipLines: 1 })).to.equal("z\n");
    expect(print([line("a\nb\nc")], { skipLines: 2 })).to.equal("c\n");
    expect(print(lines, { skipLines: 3 })).to.equal("");
  });

  it("leaves out what is older", () => {
    expect(print(lines, { since: 2n })).to.equal("b\nc\n");
  });

  it("cuts in the middle of a line and counts prefixes", () => {
    expect(print(lines, { limitBytes: 3 })).to.equal("a\nb");
    expect(print(lines, { limitBytes: 31, timestamps: true })).to.equal("1970-01-01T00:00:00.000000001Z ");
  });

  it("says when the limit is reached", () => {
    const renderer = createLogRenderer({ timestamps: false, skipLines: 0, limitBytes: 2 });
    renderer.render(line("a"));
    expect(renderer.isFull()).to.equal(true);
    expect(renderer.render(line("b"))).to.have.length(0);
  });

  it("counts lines as it leaves them out, an unfinished one too", async () => {
    expect(await countLines(streamOf([line("a\nb"), part("c"), line("d"), part("e")]))).to.equal(4);
    expect(await countLines(streamOf([]))).to.equal(0);
  });
});

describe("asking the provider for a log", () => {
  const signal = new AbortController().signal;
  const base = { follow: false, previous: false, timestamps: false, stream: "All" };
  const clock = createFakeClock(10_000);

  it("hands tail and limit to a provider that knows them", async () => {
    const logs = createScriptedLogs();
    const options = { ...base, follow: true, previous: true, tailLines: 2, limitBytes: 9, sinceSeconds: 3 };
    await openLog(logs, { uid: "u", container: "c", options, providerTails: true }, clock, signal);
    expect(logs.queries).to.deep.equal([
      { uid: "u", container: "c", follow: true, previous: true, tailLines: 2, limitBytes: 9, sinceMs: 7000 },
    ]);
  });

  it("counts first and skips then when the provider cannot tail, without following while it counts", async () => {
    const logs = createScriptedLogs(["a", "b", "c"].map((text) => line(text)));
    const options = { ...base, follow: true, tailLines: 2 };
    const log = await openLog(logs, { uid: "u", container: "c", options, providerTails: false }, clock, signal);
    expect(logs.queries.map(({ follow }) => follow)).to.deep.equal([false, true]);
    expect(logs.queries.every((query) => query.tailLines === undefined)).to.equal(true);
    let text = "";
    for await (const chunk of log.chunks) text += Buffer.from(log.renderer.render(chunk)).toString();
    expect(text).to.equal("b\nc\n");
  });

  it("shows everything when the tail is longer than the log", async () => {
    const logs = createScriptedLogs([line("a")]);
    const options = { ...base, tailLines: 9 };
    const log = await openLog(logs, { uid: "u", container: "c", options, providerTails: false }, clock, signal);
    expect(Buffer.from(log.renderer.render(line("a"))).toString()).to.equal("a\n");
  });
});
