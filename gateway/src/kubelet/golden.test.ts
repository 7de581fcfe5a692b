/** Replays requests recorded from a real kubelet; gateway/testdata/http/recorded.jsonl says which do not apply, and why. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import type { UserInfo } from "../ports/auth.js";
import { createPod, createPodView, RUNNING } from "./testing/pods.js";
import { exitWith, stdout } from "./testing/scripted-streams.js";
import {
  type Answer,
  createTestPki,
  providerInfo,
  type SendOptions,
  type ServerUnderTest,
  startServer,
  type TestPki,
} from "./testing/server-under-test.js";

interface Recorded {
  readonly cred: "admin" | "none" | "nobody" | "badtoken" | "sa-default-token";
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly skip?: string;
}

/** Numbers and texts of the recorded node that are not ours. */
const SHAPE_ONLY = new Set([
  "/metrics",
  "/metrics/cadvisor",
  "/metrics/probes",
  "/stats/summary",
  "/configz",
  "/pods/",
  "/runningpods/",
]);
const SERVICE_ACCOUNT: UserInfo = {
  name: "system:serviceaccount:httpcap:default",
  uid: "1",
  groups: ["system:serviceaccounts"],
  extra: {},
};

const recorded = readFileSync(new URL("../../testdata/http/recorded.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((text) => JSON.parse(text) as Recorded);

describe("the kubelet API against a real kubelet's answers", () => {
  let pki: TestPki;
  let subject: ServerUnderTest;

  before(async () => {
    pki = await createTestPki();
    subject = await startServer(pki, {
      tokens: {
        reviewToken: async (token) =>
          token === "sa" ? { kind: "authenticated", user: SERVICE_ACCOUNT } : { kind: "rejected" },
      },
      pods: createPodView({ pod: createPod("p", { uid: "7b7a7fc5-83fd-42c3-874e-5fa4f9a8c011" }), status: RUNNING }),
      provider: { info: () => providerInfo(["logs", "logs.time", "exec", "attach", "port_forward", "stats"]) },
    });
    subject.streams.run((order) =>
      "command" in order && order.command[0] === "echo" ? exitWith(0, stdout("hi\n")) : exitWith(1),
    );
  });
  after(() => subject.server.close(0));

  const applicable = recorded.filter(({ skip }) => skip === undefined);

  it("applies to most of the recorded requests", () => {
    expect(recorded).to.have.length(198);
    expect(applicable.length).to.be.greaterThan(152);
  });

  for (const entry of applicable) {
    it(`answers ${entry.cred} ${entry.method} ${entry.path} with ${entry.status}`, async () => {
      const answer = await subject.send(entry.method, entry.path, credentials(pki, entry.cred));
      expect(answer.status).to.equal(entry.status);
      compareHeaders(answer, entry);
      compareBody(answer, entry);
    });
  }
});

function credentials(pki: TestPki, cred: Recorded["cred"]): SendOptions {
  const byName: Readonly<Record<Recorded["cred"], SendOptions>> = {
    admin: { as: pki.admin },
    nobody: { as: pki.nobody },
    none: { as: "nobody-at-all" },
    badtoken: { as: "nobody-at-all", headers: { Authorization: "Bearer bad.token.x" } },
    "sa-default-token": { as: "nobody-at-all", headers: { Authorization: "Bearer sa" } },
  };
  return byName[cred];
}

/** Length and chunking are the libraries' choice for bodies that differ; the metrics format has one parameter more there. */
function compareHeaders(answer: Answer, entry: Recorded): void {
  const path = entry.path.split("?", 1)[0] ?? "";
  for (const [name, value] of Object.entries(entry.headers)) {
    if (SHAPE_ONLY.has(path) && answer.status === 200 && /length|encoding/i.test(name)) continue;
    const got = answer.headers[name.toLowerCase()];
    if (path === "/metrics" && name === "Content-Type") expect(value).to.include(got ?? "nothing");
    else expect(got, name).to.equal(value);
  }
  for (const name of ["content-type", "x-content-type-options", "location", "allow"]) {
    const expected = Object.keys(entry.headers).some((each) => each.toLowerCase() === name);
    expect(name in answer.headers, `${name} is sent`).to.equal(expected);
  }
}

function compareBody(answer: Answer, entry: Recorded): void {
  const path = entry.path.split("?", 1)[0] ?? "";
  if (entry.body === undefined || (SHAPE_ONLY.has(path) && answer.status === 200)) return;
  expect(answer.body).to.equal(entry.body);
}
