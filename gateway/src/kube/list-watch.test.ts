import { expect } from "chai";
import { type ListWatchEvent, type ListWatchOptions, listWatch } from "./list-watch.js";
import { ManualClock } from "./testing/manual-clock.js";
import { json, type Reply, status, watchLines } from "./testing/scripted-api-server.js";
import { type ScriptedKube, startScriptedKube, until } from "./testing/scripted-kube.js";
import type { ApiObject } from "./watch-line.js";

interface Thing extends ApiObject {
  readonly metadata: { readonly name: string; readonly resourceVersion: string; readonly managedFields?: unknown };
}

/** The watchdog sleeps longer than this. */
const LONGEST_PAUSE_MS = 30_000;

function thing(name: string, resourceVersion: string): Thing {
  return { metadata: { name, resourceVersion, managedFields: [{ manager: "x" }] } };
}

function change(type: string, name: string, resourceVersion: string): object {
  return { type, object: { kind: "Thing", apiVersion: "v1", ...thing(name, resourceVersion) } };
}

function list(resourceVersion: string, ...items: readonly Thing[]): Reply {
  return json({ kind: "ThingList", metadata: { resourceVersion }, items });
}

/** Runs the loop in the background on a clock that stands still. */
class Running implements AsyncDisposable {
  readonly events: ListWatchEvent<Thing>[] = [];
  readonly clock = new ManualClock();
  readonly #end = new AbortController();
  #done: Promise<void> = Promise.resolve();

  readonly #kube: ScriptedKube;

  constructor(kube: ScriptedKube) {
    this.#kube = kube;
  }

  start(options: Partial<ListWatchOptions> = {}): void {
    const all = { http: this.#kube.http, clock: this.clock, path: "/api/v1/things", kind: "Thing", apiVersion: "v1" };
    this.#done = this.#run({ ...all, random: () => 0.5, ...options });
  }

  /** What came, shortly. */
  get told(): readonly string[] {
    return this.events.map((event) => {
      switch (event.kind) {
        case "list":
          return `list ${event.items.map(({ metadata }) => metadata.name).join(",")}`;
        case "lost":
          return "lost";
        default:
          return `${event.kind} ${event.object.metadata.name}`;
      }
    });
  }

  get watches(): readonly URLSearchParams[] {
    return this.#kube.server.received
      .filter(({ path }) => path.includes("watch=true"))
      .map(({ path }) => new URLSearchParams(path.split("?")[1]));
  }

  /** Waits until the loop pauses before its next try, and lets that pause pass. */
  async passPause(): Promise<number> {
    const pause = (): number | undefined => this.clock.waits.find((ms) => ms <= LONGEST_PAUSE_MS);
    await until("a pause", () => pause() !== undefined);
    const waited = pause() ?? 0;
    this.clock.advance(waited);
    return waited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new Error("test over"));
    await this.#done;
  }

  async #run(options: ListWatchOptions): Promise<void> {
    for await (const event of listWatch<Thing>(options, this.#end.signal)) {
      this.events.push(event);
    }
  }
}

describe("listWatch", () => {
  let kube: ScriptedKube;

  beforeEach(async () => {
    kube = await startScriptedKube();
  });

  afterEach(() => kube[Symbol.asyncDispose]());

  it("lists in pages, then watches from the list's version with bookmarks and a random time limit", async () => {
    await using running = new Running(kube);
    kube.server.script(
      json({ metadata: { resourceVersion: "10", continue: "more" }, items: [thing("a", "1")] }),
      list("10", thing("b", "2")),
      watchLines([change("ADDED", "c", "11"), change("DELETED", "a", "12")]),
    );
    running.start({ fieldSelector: "spec.nodeName=n" });
    await until("all events", () => running.events.length === 3);
    expect(running.told).to.deep.equal(["list a,b", "set c", "gone a"]);
    const [first, second] = kube.server.received;
    expect(first?.path).to.equal("/api/v1/things?limit=500&fieldSelector=spec.nodeName%3Dn");
    expect(second?.path).to.contain("continue=more");
    expect(Object.fromEntries(running.watches[0] ?? [])).to.deep.equal({
      watch: "true",
      allowWatchBookmarks: "true",
      timeoutSeconds: "450",
      resourceVersion: "10",
      fieldSelector: "spec.nodeName=n",
    });
  });

  it("cuts managedFields and gives listed items their kind", async () => {
    await using running = new Running(kube);
    kube.server.script(list("1", thing("a", "1")), watchLines([change("MODIFIED", "a", "2")]));
    running.start();
    await until("both events", () => running.events.length === 2);
    const [listed, set] = running.events;
    expect(listed?.kind === "list" && listed.items[0]).to.deep.equal({
      kind: "Thing",
      apiVersion: "v1",
      metadata: { name: "a", resourceVersion: "1" },
    });
    expect(set?.kind === "set" && set.object.metadata).to.deep.equal({ name: "a", resourceVersion: "2" });
  });

  it("resumes from the last version, bookmarks included, without a new list", async () => {
    await using running = new Running(kube);
    kube.server.script(
      list("1"),
      watchLines([change("ADDED", "a", "2"), change("BOOKMARK", "", "7")], "end"),
      watchLines([change("ADDED", "b", "8")], "reset"),
      watchLines([change("ADDED", "c", "9")]),
    );
    running.start();
    await until("a", () => running.told.includes("set a"));
    await running.passPause();
    await until("b", () => running.told.includes("set b"));
    await running.passPause();
    await until("c", () => running.told.includes("set c"));
    expect(running.watches.map((query) => query.get("resourceVersion"))).to.deep.equal(["1", "7", "8"]);
    expect(running.told).to.deep.equal(["list ", "set a", "set b", "set c"]);
  });

  for (const [form, gone] of [
    ["as an answer", status(410, "Expired")],
    [
      "as a line",
      watchLines([{ type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired", message: "too old" } }]),
    ],
  ] as const) {
    it(`lists again when the past is gone, told ${form}`, async () => {
      await using running = new Running(kube);
      kube.server.script(list("1", thing("a", "1")), gone, list("50", thing("b", "40")), watchLines([]));
      running.start();
      await until("the first list", () => running.events.length === 1);
      await running.passPause();
      await until("the second watch", () => running.watches.length === 2);
      expect(running.told).to.deep.equal(["list a", "list b"]);
      expect(running.watches[1]?.get("resourceVersion")).to.equal("50");
    });
  }

  it("tells lost once per outage, backs off longer and longer, and ends the outage with a list", async () => {
    await using running = new Running(kube);
    const ill = status(503, "ServiceUnavailable");
    kube.server.script(list("1"), ill, ill, ill, ill, list("5", thing("a", "4")), watchLines([]));
    running.start();
    const waits: number[] = [];
    for (let tries = 0; tries < 4; tries += 1) {
      waits.push(await running.passPause());
    }
    await until("the list", () => running.told.includes("list a"));
    expect(running.told).to.deep.equal(["list ", "lost", "list a"]);
    expect(waits).to.deep.equal([150, 300, 600, 1_200]);
  });

  it("tells lost at once when the first list fails", async () => {
    await using running = new Running(kube);
    kube.server.script(status(500, "InternalError"));
    running.start();
    await until("lost", () => running.events.length === 1);
    const [event] = running.events;
    expect(event?.kind === "lost" && event.reason).to.contain("500: scripted InternalError");
  });

  it("honours Retry-After", async () => {
    await using running = new Running(kube);
    kube.server.script(list("1"), status(503, "ServiceUnavailable", { "retry-after": "7" }), watchLines([]));
    running.start();
    expect(await running.passPause()).to.equal(7_000);
    await until("the second watch", () => running.watches.length === 2);
    expect(running.told).to.deep.equal(["list "]);
  });

  it("does not hammer a server that closes each watch at once", async () => {
    await using running = new Running(kube);
    kube.server.script(list("1"), watchLines([change("ADDED", "a", "2")], "end"));
    running.start();
    const waits: number[] = [];
    for (let times = 0; times < 4; times += 1) {
      waits.push(await running.passPause());
    }
    expect(waits).to.deep.equal([150, 300, 600, 1_200]);
    expect(running.told).to.not.include("lost");
  });

  it("lists again after a line that it cannot read, and keeps what came before it", async () => {
    await using running = new Running(kube);
    kube.server.script(
      list("1"),
      watchLines([change("ADDED", "a", "2"), '{"type":"ADDED","object":\n']),
      list("5", thing("z", "5")),
      watchLines([]),
    );
    running.start();
    await until("a", () => running.told.includes("set a"));
    await running.passPause();
    await until("the second list", () => running.told.includes("list z"));
    expect(running.told).to.deep.equal(["list ", "set a", "list z"]);
  });

  it("does not read a line over the limit into memory", async () => {
    await using running = new Running(kube);
    kube.server.script(list("1"), watchLines(["x".repeat(5_000)]), list("5", thing("z", "5")), watchLines([]));
    running.start({ lineLimitBytes: 1_000 });
    await running.passPause();
    await until("the second list", () => running.told.includes("list z"));
  });

  it("drops our own echo unread and goes on from its version", async () => {
    await using running = new Running(kube);
    const lines = [change("MODIFIED", "a", "2"), change("MODIFIED", "a", "3"), change("ADDED", "b", "2")];
    kube.server.script(list("1"), watchLines(lines.slice(0, 2)), watchLines([]));
    running.start({ isEcho: (version) => version === "2" });
    await until("the foreign change", () => running.events.length === 2);
    const set = running.events[1];
    expect(set?.kind === "set" && set.object.metadata.resourceVersion).to.equal("3");
  });

  it("opens a new watch when nothing at all comes for too long", async () => {
    await using running = new Running(kube);
    kube.server.script(list("1"), watchLines([change("ADDED", "a", "2")]), watchLines([change("ADDED", "b", "3")]));
    running.start({ silenceMs: 180_000 });
    await until("a", () => running.told.includes("set a"));
    running.clock.advance(180_000);
    await running.passPause();
    await until("b", () => running.told.includes("set b"));
    expect(running.told).to.deep.equal(["list ", "set a", "set b"]);
    expect(running.watches[1]?.get("resourceVersion")).to.equal("2");
  });
});
