import { expect } from "chai";
import type { ContainerState, Pod, PodStatus } from "../support/objects.js";
import { type Asked, FATES, type FateName } from "./fates.js";
import type { Seen } from "./history.js";
import { type Evidence, judge } from "./judge.js";
import { type Entry, parseLedger } from "./ledger.js";

const UID = "u-1";
const START = "2026-01-01T00:00:00Z";

function seen(type: Seen["type"], status: PodStatus, meta: Partial<Pod["metadata"]> = {}): Seen {
  const spec = { containers: [] };
  return { at: 0, type, pod: { metadata: { name: "p", uid: UID, ...meta }, spec, status } };
}

function status(phase: PodStatus["phase"], state: ContainerState, more: object = {}): PodStatus {
  const main = { name: "main", ready: false, image: "", imageID: "", restartCount: 0, state, ...more };
  return { ...(phase === undefined ? {} : { phase }), startTime: START, containerStatuses: [main] };
}

const WAITING = seen("ADDED", status("Pending", { waiting: { reason: "ContainerCreating" } }));
const RUNNING = seen("MODIFIED", status("Running", { running: {} }));
const ended = (exitCode: number, phase: PodStatus["phase"]): PodStatus => status(phase, { terminated: { exitCode } });
const END = seen("MODIFIED", ended(7, "Failed"));
const GONE = seen("DELETED", ended(7, "Failed"), { deletionTimestamp: START });

const MARK = { type: "DisruptionTarget", status: "True", reason: "DeletionByTaintManager" } as const;

interface Line {
  readonly stage?: string;
  readonly starts?: number;
  readonly exitCode?: number;
  readonly createdAt?: number;
  readonly cause?: string;
}

function line({ stage = "started", starts = 1, exitCode, createdAt = 1, cause }: Line): string {
  const end = exitCode === undefined ? {} : { end: { instance: starts - 1, exitCode } };
  return JSON.stringify({ uid: UID, stage, createdAt, cause, containers: [{ name: "main", starts, ...end }] });
}

const RELEASED = JSON.stringify({ uid: UID, stage: "released" });
const GOOD = [line({}), line({ stage: "ended", exitCode: 7 }), RELEASED];

function oneEntry(lines: readonly string[]): Entry {
  const [entry] = parseLedger(lines.map((text) => `${text}\n`).join("")).values();
  if (entry === undefined) throw new Error("no entry");
  return entry;
}

interface Doctored extends Partial<Evidence> {
  readonly lines?: readonly string[];
  readonly fate?: FateName;
  readonly order?: Partial<Asked>;
}

function violations({ lines = GOOD, fate = "fails", order = {}, ...more }: Doctored): readonly string[] {
  const asked = { fate: FATES[fate], imageChanges: 0, isImageSeen: true, isDeleted: true, isForced: false, ...order };
  return judge({
    history: [WAITING, RUNNING, END, GONE],
    gapped: new Set(),
    leftovers: [],
    isOver: true,
    showsAllExits: true,
    ledger: parseLedger(lines.map((text) => `${text}\n`).join("")),
    asked: new Map([["p", asked]]),
    created: new Map([["p", UID]]),
    ...more,
  });
}

describe("the judge of faults", () => {
  it("finds nothing in a life as it shall be", () => {
    expect(violations({})).to.deep.equal([]);
  });

  const ledgers: Readonly<Record<string, [Doctored, string]>> = {
    "a pod that was created twice": [{ lines: [line({}), line({ createdAt: 2 }), ...GOOD] }, "created 2 times"],
    "a container that was started twice": [{ lines: [line({ starts: 2, exitCode: 7 }), RELEASED] }, "started 2 times"],
    "a pod that the backend keeps": [{ lines: GOOD.slice(0, -1) }, "the backend still has it"],
    "a pod that the backend never had": [{ lines: [] }, "lost: the backend never had it"],
    "a pod of nobody": [{ lines: [...GOOD, JSON.stringify({ uid: "u-2", stage: "started" })] }, "a pod of nobody"],
    "a wrong exit code": [{ lines: [line({ exitCode: 1 }), RELEASED] }, "ended with 1, not 7"],
    "an end that is missing": [{ lines: [line({}), RELEASED] }, "instance 0 has no end"],
    "a stop that nobody asked for": [
      { lines: [line({ cause: "ORPHAN", exitCode: 7 })], order: { isDeleted: false }, isOver: false },
      "told to end",
    ],
    "processes that are left": [{ leftovers: ["1 sleep"] }, "left over: 1 sleep"],
    "old content of a volume": [
      {
        fate: "changes",
        order: { config: "second" },
        lines: [JSON.stringify({ uid: UID, stage: "started", createdAt: 1, volumes: { config: "aa" } }), RELEASED],
      },
      "old content",
    ],
  };
  for (const [what, [doctored, text]] of Object.entries(ledgers)) {
    it(`sees ${what}`, () => expect(violations(doctored).join("\n")).to.contain(text));
  }

  const histories: Readonly<Record<string, [readonly Seen[], string]>> = {
    "a pod that was never shown": [[], "lost: the API never showed it"],
    "a phase that goes back": [[RUNNING, WAITING, END, GONE], "phase Running became Pending"],
    "a terminal phase that is left": [[END, RUNNING, GONE], "phase Failed became Running"],
    "a terminal phase that is changed": [
      [END, seen("DELETED", ended(7, "Succeeded"), { deletionTimestamp: START })],
      "phase Failed became Succeeded",
    ],
    "a wrong terminal phase": [[seen("MODIFIED", ended(7, "Succeeded")), GONE], "it shall end as Failed"],
    "an exit code that is not true": [[seen("MODIFIED", ended(137, "Failed")), GONE], "showed exit code 137"],
    "a restart count that falls": [
      [seen("MODIFIED", status("Running", { running: {} }, { restartCount: 1 })), RUNNING, GONE],
      "restart count fell from 1 to 0",
    ],
    "an instance that runs again": [[seen("MODIFIED", ended(7, "Running")), RUNNING, GONE], "ran again after its end"],
    "a start time that moves": [
      [RUNNING, seen("MODIFIED", { ...ended(7, "Failed"), startTime: "2026-01-01T00:00:09Z" }), GONE],
      "startTime changed",
    ],
    "an object that goes without its end": [
      [RUNNING, seen("DELETED", status("Running", { running: {} }), { deletionTimestamp: START })],
      "its object went while its phase was Running",
    ],
    "an end that was never shown": [
      [RUNNING, seen("DELETED", status("Failed", {}), { deletionTimestamp: START })],
      "the end of instance 0 was never shown",
    ],
  };
  for (const [what, [history, text]] of Object.entries(histories)) {
    it(`sees ${what}`, () => expect(violations({ history }).join("\n")).to.contain(text));
  }

  it("sees a deletion that nobody asked for", () => {
    expect(violations({ order: { isDeleted: false } }).join("\n")).to.contain("deleted by nobody");
  });

  it("sees a pod that shall run and is failed", () => {
    expect(violations({ fate: "forever", history: [RUNNING, END] }).join("\n")).to.contain("though it shall run");
  });

  it("sees an evicted pod whose status forgot why it went", () => {
    const order = { fate: { ...FATES.fails, isEvicted: true } };
    const marked = { ...ended(7, "Failed"), conditions: [MARK] };
    const gone = seen("DELETED", marked, { deletionTimestamp: START });
    expect(violations({ order, history: [WAITING, RUNNING, END, gone] })).to.deep.equal([]);
    expect(violations({ order })).to.deep.equal(["p: its status does not say any more why the cluster deleted it"]);
  });

  it("asks for less of a pod of which changes may be missing", () => {
    const history = [WAITING, RUNNING, seen("DELETED", status("Running", { running: {} }))];
    expect(
      violations({
        history,
        order: { fate: FATES.forever },
        lines: [line({}), line({ stage: "ended", exitCode: 0 }), RELEASED],
      }),
    ).to.not.deep.equal([]);
    expect(
      violations({
        history,
        order: { fate: FATES.forever },
        gapped: new Set([UID]),
        lines: [line({}), line({ stage: "ended", exitCode: 0 }), RELEASED],
      }),
    ).to.deep.equal([]);
  });

  it("lets a real process be killed that was told to end before it listened, when its grace period is over", () => {
    const order = { fate: FATES.forever };
    const killedAfter = (seconds: number, isReal: boolean): readonly string[] => {
      const finishedAt = new Date(Date.parse(START) + seconds * 1000).toISOString();
      const end = status("Failed", { terminated: { exitCode: 137, startedAt: START, finishedAt } });
      const history = [WAITING, RUNNING, seen("DELETED", end, { deletionTimestamp: START })];
      const ledger = new Map([[UID, { ...oneEntry([line({}), RELEASED]), isReal }]]);
      return violations({ order, history, ledger });
    };
    expect(killedAfter(11, true)).to.deep.equal([]);
    for (const [seconds, isReal] of [
      [11, false],
      [2, true],
      [40, true],
    ] as const)
      expect(killedAfter(seconds, isReal)).to.deep.equal([
        "p: showed exit code 137 (undefined) of instance 0, which is 0",
        "p: instance 0 has no end",
      ]);
  });

  it("asks no real process for an end that nobody could be shown", () => {
    const order = { fate: FATES.forced, isForced: true };
    const history = [WAITING, seen("DELETED", status("Pending", { waiting: {} }), { deletionTimestamp: START })];
    const entry = { ...oneEntry([line({}), RELEASED]), isReal: true };
    expect(violations({ order, history, ledger: new Map([[UID, entry]]) })).to.deep.equal([]);
    expect(violations({ order, history, ledger: new Map([[UID, { ...entry, isReal: false }]]) })).to.deep.equal([
      "p: instance 0 has no end",
    ]);
  });

  it("does not ask for starts of a pod that was deleted before it ran", () => {
    const gone = seen("DELETED", { phase: "Pending", startTime: START }, { deletionTimestamp: START });
    expect(violations({ fate: "forever", history: [WAITING, gone], lines: [] })).to.deep.equal([]);
  });

  it("takes a kubelet's word for the end of a deleted pod that never ran, and for no other", () => {
    const word = status("Failed", { terminated: { exitCode: 137, reason: "ContainerStatusUnknown" } });
    const history = [
      WAITING,
      ...(["MODIFIED", "DELETED"] as const).map((type) => seen(type, word, { deletionTimestamp: START })),
    ];
    expect(violations({ fate: "forever", history, lines: [] })).to.deep.equal([]);
    expect(violations({ fate: "forever", history }).join("\n")).to.contain("showed exit code 137");
  });
});
