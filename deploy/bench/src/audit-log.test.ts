import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { between, countRequests, openAuditLog, parseAuditLog } from "./audit-log.js";

const USER = "system:node:bench";

function line(id: string, verb: string, objectRef: object | undefined, more: object = {}): string {
  return JSON.stringify({
    kind: "Event",
    auditID: id,
    stage: "ResponseComplete",
    verb,
    requestURI: "/healthz?verbose=1",
    user: { username: USER },
    objectRef,
    responseStatus: { code: 200 },
    requestReceivedTimestamp: "2026-01-02T03:04:05.000000Z",
    stageTimestamp: "2026-01-02T03:04:05.012345Z",
    ...more,
  });
}

describe("parseAuditLog", () => {
  it("names requests by verb, resource and subresource", () => {
    const text = [
      line("1", "patch", { resource: "pods", subresource: "status", name: "web" }),
      line("2", "create", { resource: "events" }, { responseStatus: { code: 201 } }),
      line("3", "get", undefined),
    ].join("\n");
    const at = Date.UTC(2026, 0, 2, 3, 4, 5);
    const doneAt = at + 12;
    expect(parseAuditLog(text, USER)).to.deep.equal([
      { id: "1", what: "patch pods/status", name: "web", at, doneAt, code: 200 },
      { id: "2", what: "create events", at, doneAt, code: 201 },
      { id: "3", what: "get /healthz", at, doneAt, code: 200 },
    ]);
  });

  it("counts a watch once though it has two lines", () => {
    const pods = { resource: "pods" };
    const text = `${line("1", "watch", pods, { stage: "ResponseStarted" })}\n${line("1", "watch", pods)}`;
    expect(parseAuditLog(text, USER)).to.have.length(1);
  });

  it("skips other users, also those whose objects are named like the user, and half lines", () => {
    const other = { user: { username: "admin" }, objectRef: { resource: "pods", name: USER } };
    const half = line("3", "get", { resource: "pods" }).slice(0, -10);
    const text = `${line("1", "get", { resource: "nodes" }, other)}\n\n${half}`;
    expect(parseAuditLog(text, USER)).to.deep.equal([]);
  });
});

describe("openAuditLog", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "outboard-bench-audit-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("follows the file as it grows, and takes a half line once it is whole", () => {
    const file = join(folder, "audit.log");
    const pods = { resource: "pods" };
    const second = `${line("2", "get", pods)}\n`;
    writeFileSync(file, `${line("1", "watch", pods, { stage: "ResponseStarted" })}\n${second.slice(0, 40)}`);
    const read = openAuditLog(file, USER);
    expect(read().map(({ what }) => what)).to.deep.equal(["watch pods"]);
    appendFileSync(file, `${second.slice(40)}${line("1", "watch", pods)}\n`);
    expect(read().map(({ what }) => what)).to.deep.equal(["watch pods", "get pods"]);
  });
});

describe("requests of a phase", () => {
  const requests = [1, 2, 3].map((at) => ({
    id: String(at),
    what: at === 2 ? "get pods" : "patch pods/status",
    at,
    doneAt: at,
    code: 200,
  }));

  it("are those from its start on and before its end", () => {
    expect(between(requests, 2, 3).map(({ at }) => at)).to.deep.equal([2]);
  });

  it("are counted by kind, the most frequent first", () => {
    expect([...countRequests(requests)]).to.deep.equal([
      ["patch pods/status", 2],
      ["get pods", 1],
    ]);
  });
});
