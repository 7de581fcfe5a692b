import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { createTempFolder } from "../testing/temp-folder.js";
import { openState } from "./state.js";

describe("the state of standalone mode", () => {
  it("starts with a cluster id of its own, private to its owner", () => {
    using temp = createTempFolder();
    using store = openState(temp.at("deep/er"));
    expect(store.state).to.deep.include({ fencing: 1, revision: 0, pods: [] });
    expect(store.state.clusterId).to.match(/^[0-9a-f-]{36}$/);
    expect(statSync(temp.at("deep/er")).mode & 0o777).to.equal(0o700);
    expect(statSync(temp.at("deep/er/state.json")).mode & 0o777).to.equal(0o600);
  });

  it("keeps what was saved and raises the fencing number with each opening", () => {
    using temp = createTempFolder();
    const first = openState(temp.path);
    const { clusterId } = first.state;
    first.save({ ...first.state, revision: 9 });
    first[Symbol.dispose]();
    using second = openState(temp.path);
    expect(second.state).to.include({ clusterId, revision: 9, fencing: 2 });
  });

  it("is locked while it is open, in a process's own eyes too", () => {
    using temp = createTempFolder();
    using _store = openState(temp.path);
    expect(() => openState(temp.path)).to.throw(`${temp.path}: in use by process ${process.pid}`);
  });

  it("is refused while another process that lives holds it", async () => {
    using temp = createTempFolder();
    const module = path.join(import.meta.dirname, "state.js");
    const text = `import { openState } from ${JSON.stringify(module)}; openState(${JSON.stringify(temp.path)}); console.log("held"); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", text], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      await once(child.stdout, "data");
      expect(() => openState(temp.path)).to.throw(`in use by process ${child.pid}`);
      child.kill("SIGKILL");
      await once(child, "exit");
      using store = openState(temp.path);
      expect(store.state.fencing).to.equal(2);
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("is taken over from a process that died, even if its id lives on in another process", () => {
    using temp = createTempFolder();
    const dead = Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }));
    for (const left of [`${dead} 12345`, `${process.ppid} 1`, "", "rubbish"]) {
      writeFileSync(temp.at("lock"), left);
      openState(temp.path)[Symbol.dispose]();
    }
    expect(existsSync(temp.at("lock"))).to.equal(false);
  });

  it("leaves nothing of its lock behind", () => {
    using temp = createTempFolder();
    openState(temp.path)[Symbol.dispose]();
    expect(readdirSync(temp.path)).to.deep.equal(["state.json"]);
  });

  it("survives a crash in the middle of a write", () => {
    using temp = createTempFolder();
    const first = openState(temp.path);
    first.save({ ...first.state, revision: 5 });
    first[Symbol.dispose]();
    writeFileSync(temp.at("state.json.new"), '{"clusterId": "hal');
    using second = openState(temp.path);
    expect(second.state.revision).to.equal(5);
  });

  it("keeps the old state when the new one cannot be written", () => {
    using temp = createTempFolder();
    using store = openState(temp.path);
    mkdirSync(temp.at("state.json.new"));
    expect(() => store.save({ ...store.state, revision: 7 })).to.throw();
    expect(store.state.revision).to.equal(0);
    expect(JSON.parse(readFileSync(temp.at("state.json"), "utf8"))).to.include({ revision: 0 });
  });

  it("names the file that is broken and lets go of the lock", () => {
    using temp = createTempFolder();
    for (const broken of ["{", "[]", '{"clusterId": 1}', '{"clusterId":"c","fencing":1,"revision":1,"pods":[{}]}']) {
      writeFileSync(temp.at("state.json"), broken);
      expect(() => openState(temp.path), broken).to.throw(temp.at("state.json"));
      expect(existsSync(temp.at("lock"))).to.equal(false);
    }
  });
});
