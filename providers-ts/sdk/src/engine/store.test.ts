import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { NO_SANDBOX, type PodRecord } from "./record.js";
import { encodeRecord, openStore, type Store } from "./store.js";
import { tempFolder } from "./testing/temp-folder.js";

const UID = "11111111-1111-4111-8111-111111111111";

function record(round: number): PodRecord {
  return {
    version: 1,
    uid: UID,
    namespace: "default",
    name: "p",
    specRevision: 1n,
    specDigest: new Uint8Array([1, 2]),
    inputVersion: 1n,
    startTime: 0,
    sandbox: NO_SANDBOX,
    round,
    ended: false,
    containers: new Map(),
  };
}

for (const sync of [false, true]) {
  describe(`the engine's disk, ${sync ? "synchronous" : "as it is by default"}`, () => {
    let temp: ReturnType<typeof tempFolder>;
    let folder: string;
    let store: Store;
    const at = (name: string): string => join(folder, "pods", UID, name);
    const rounds = (): readonly number[] =>
      openStore(folder, { sync })
        .load()
        .map(({ record: { round } }) => round);
    beforeEach(() => {
      temp = tempFolder();
      folder = temp.path;
      store = openStore(folder, { sync });
      store.create(UID);
      store.saveRecord(record(1));
    });
    afterEach(() => temp[Symbol.dispose]());

    it("gives back what was saved last, and leaves one file", () => {
      store.saveRecord(record(2));
      expect(
        openStore(folder, { sync })
          .load()
          .map((pod) => pod.record),
      ).to.deep.equal([record(2)]);
      expect(existsSync(at(".record.json.new"))).to.equal(false);
    });

    it("has the old record after a death while the new one was written", () => {
      writeFileSync(at(".record.json.new"), encodeRecord(record(2)).slice(0, 40));
      expect(rounds()).to.deep.equal([1]);
      store.saveRecord(record(3));
      expect(rounds()).to.deep.equal([3]);
    });

    it("has the new record after a death before it took its name", () => {
      store.saveRecord(record(2));
      renameSync(at("record.json"), at(".record.json.new"));
      expect(rounds()).to.deep.equal([2]);
      store.saveRecord(record(3));
      expect(rounds()).to.deep.equal([3]);
    });

    it("keeps that record when the next one is written in part only, by a second death or on a full disk", () => {
      store.saveRecord(record(2));
      renameSync(at("record.json"), at(".record.json.new"));
      expect(rounds()).to.deep.equal([2]);
      writeFileSync(at(".record.json.new"), encodeRecord(record(3)).slice(0, 40));
      expect(rounds()).to.deep.equal([2]);
    });

    it("has no pod after a death while its first record was written, and nothing of it stays", () => {
      const part = readFileSync(at("record.json"), "utf8").slice(0, 40);
      rmSync(at("record.json"));
      writeFileSync(at(".record.json.new"), part);
      expect(rounds()).to.deep.equal([]);
      expect(existsSync(at(""))).to.equal(false);
    });
  });
}
