import { readFileSync, rmSync } from "node:fs";
import { expect } from "chai";
import { FolderRig, podText } from "./testing/folder-rig.js";

describe("pods of a folder", () => {
  it("are listed with a UID, a node and a pending status, and stored before that", async () => {
    using rig = new FolderRig({ "a.yaml": podText("web") });
    await using run = rig.start();
    await run.look();
    const [list] = run.events;
    if (list?.kind !== "list") throw new Error(`first event: ${list?.kind}`);
    expect(list.pods).to.have.length(1);
    expect(list.pods[0]?.metadata).to.include({ name: "web", namespace: "default", generation: 1 });
    expect(list.pods[0]?.metadata.uid).to.match(/^[0-9a-f-]{36}$/);
    expect(list.pods[0]?.spec.nodeName).to.equal("node-1");
    expect(list.pods[0]?.status).to.deep.equal({ phase: "Pending" });
    const stored = JSON.parse(readFileSync(`${rig.stateFolder}/state.json`, "utf8")) as { pods: unknown[] };
    expect(stored.pods).to.deep.equal(list.pods);
  });

  it("are created when a file comes", async () => {
    using rig = new FolderRig();
    await using run = rig.start();
    await run.look();
    rig.write("a.yaml", podText("web"));
    await run.look();
    expect(run.names).to.deep.equal(["web"]);
    expect(run.events.map(({ kind }) => kind)).to.deep.equal(["list", "set"]);
  });

  it("are changed in place where a pod may change, with a new generation for the spec alone", async () => {
    using rig = new FolderRig({ "a.yaml": podText("web", { labels: "{a: b}" }) });
    await using run = rig.start();
    await run.look();
    const before = run.pod("web");
    rig.write("a.yaml", podText("web", { image: "i:2", labels: "{a: b}" }));
    await run.look();
    expect(run.pod("web").metadata).to.include({ uid: before.metadata.uid, generation: 2 });
    expect(run.pod("web").spec.containers[0]?.image).to.equal("i:2");
    rig.write("a.yaml", podText("web", { image: "i:2", labels: "{a: c}" }));
    await run.look();
    expect(run.pod("web").metadata).to.deep.include({ uid: before.metadata.uid, generation: 2, labels: { a: "c" } });
    expect(BigInt(run.pod("web").metadata.resourceVersion) > BigInt(before.metadata.resourceVersion)).to.equal(true);
  });

  it("keep their pull policy when a new image would default to another one", async () => {
    using rig = new FolderRig({ "a.yaml": podText("web", { image: "nginx" }) });
    await using run = rig.start();
    await run.look();
    const before = run.pod("web");
    expect(before.spec.containers[0]?.imagePullPolicy).to.equal("Always");
    rig.write("a.yaml", podText("web", { image: "nginx:1" }));
    await run.look();
    await run.look();
    expect(run.pod("web").metadata.uid).to.equal(before.metadata.uid);
    expect(run.pod("web").spec.containers[0]).to.include({ image: "nginx:1", imagePullPolicy: "Always" });
  });

  it("are replaced when another field changes: the old one ends first, then the new one comes", async () => {
    using rig = new FolderRig({ "a.yaml": podText("web") });
    await using run = rig.start();
    await run.look();
    const before = run.pod("web");
    await run.setStatus("web", { phase: "Running" });
    rig.write("a.yaml", podText("web", { spec: "  restartPolicy: Never\n" }));
    await run.look();
    expect(run.names, "not beside each other").to.deep.equal(["web"]);
    expect(run.pod("web").metadata).to.include({ uid: before.metadata.uid, deletionGracePeriodSeconds: 30 });
    await run.delete("web");
    expect(run.names).to.deep.equal(["web"]);
    expect(run.pod("web").metadata.uid).to.not.equal(before.metadata.uid);
    expect(run.pod("web").metadata.deletionTimestamp).to.equal(undefined);
    await run.look();
    expect(run.names, "the new one stays").to.deep.equal(["web"]);
  });

  it("are replaced at once when they have ended", async () => {
    using rig = new FolderRig({ "a.yaml": podText("web") });
    await using run = rig.start();
    await run.look();
    const { uid } = run.pod("web").metadata;
    await run.setStatus("web", { phase: "Succeeded" });
    rig.write("a.yaml", podText("web", { spec: "  restartPolicy: Never\n" }));
    await run.look();
    expect(run.names).to.deep.equal(["web"]);
    expect(run.pod("web").metadata.uid).to.not.equal(uid);
    expect(run.pod("web").status).to.deep.equal({ phase: "Pending" });
  });

  it("are told to end when their file goes, with their own grace, and are gone once that is done", async () => {
    using rig = new FolderRig({ "a.yaml": podText("web", { spec: "  terminationGracePeriodSeconds: 7\n" }) });
    await using run = rig.start();
    await run.look();
    await run.setStatus("web", { phase: "Running" });
    const { uid } = run.pod("web").metadata;
    rig.remove("a.yaml");
    const now = rig.clock.now();
    await run.look();
    expect(run.pod("web").metadata.deletionGracePeriodSeconds).to.equal(7);
    expect(Date.parse(run.pod("web").metadata.deletionTimestamp ?? "")).to.be.within(now + 6_000, now + 9_000);
    await run.delete("web");
    await run.look();
    expect(run.names).to.deep.equal([]);
    expect(run.events.at(-1)).to.have.property("kind", "gone");
    expect(run.told.at(-1)).to.deep.equal([uid, undefined]);
  });

  it("go at once when they have ended and their file goes", async () => {
    using rig = new FolderRig({ "a.yaml": podText("web") });
    await using run = rig.start();
    await run.look();
    await run.setStatus("web", { phase: "Failed" });
    rig.remove("a.yaml");
    await run.look();
    expect(run.names).to.deep.equal([]);
  });

  it("may lower a deadline and add a toleration, but not the other way round", async () => {
    const withDeadline = (seconds: number) => podText("web", { spec: `  activeDeadlineSeconds: ${seconds}\n` });
    using rig = new FolderRig({ "a.yaml": withDeadline(100) });
    await using run = rig.start();
    await run.look();
    rig.write("a.yaml", withDeadline(50));
    await run.look();
    expect(run.pod("web").metadata.deletionTimestamp).to.equal(undefined);
    expect(run.pod("web").spec.activeDeadlineSeconds).to.equal(50);
    rig.write("a.yaml", withDeadline(200));
    await run.look();
    expect(run.pod("web").metadata.deletionTimestamp).to.be.a("string");
  });

  it("answer reads and writes of a pod that is gone with gone", async () => {
    using rig = new FolderRig({ "a.yaml": podText("web") });
    await using run = rig.start();
    await run.look();
    const pod = run.pod("web");
    await run.setStatus("web", { phase: "Failed" });
    rig.remove("a.yaml");
    await run.look();
    const { signal } = new AbortController();
    expect(await run.pods.get(pod, signal)).to.deep.equal({ kind: "gone" });
    expect(await run.pods.patchStatus(pod, {}, {}, signal)).to.deep.equal({ kind: "gone" });
    await run.pods.delete(pod, signal);
  });
});

describe("a folder that is being changed", () => {
  it("is not taken for whole while a file is half written", async () => {
    const whole = podText("web", { spec: "  restartPolicy: Never\n" });
    using rig = new FolderRig({ "a.yaml": whole });
    await using run = rig.start();
    await run.look();
    await run.setStatus("web", { phase: "Running" });
    await rig.clock.advance(650); // 50 ms before the next look
    rig.write("a.yaml", ""); // as an editor that truncates first
    await rig.clock.advance(150);
    rig.write("a.yaml", podText("web")); // half of it
    await rig.clock.advance(150);
    rig.write("a.yaml", whole);
    await run.look();
    expect(run.pod("web").metadata.deletionTimestamp).to.equal(undefined);
    expect(run.events.filter(({ kind }) => kind === "set")).to.have.length(1);
  });

  it("harms no running pod when a file turns bad, and says so once with file and line", async () => {
    using rig = new FolderRig({ "a.yaml": podText("web"), "b.yaml": podText("other") });
    await using run = rig.start();
    await run.look();
    rig.write("a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {\n");
    rig.write("c.yaml", podText("third"));
    await run.look();
    await run.look();
    expect(run.names).to.deep.equal(["web", "other", "third"]);
    expect(run.all.some(({ metadata }) => metadata.deletionTimestamp !== undefined)).to.equal(false);
    expect(run.problems).to.have.length(1);
    expect(run.problems[0]).to.match(new RegExp(`^${rig.at("a.yaml")}:\\d+: `));
  });

  it("harms no pod when the whole folder is away for a while", async () => {
    using rig = new FolderRig({ "a.yaml": podText("web") });
    await using run = rig.start();
    await run.look();
    rmSync(rig.folder, { recursive: true });
    await run.look();
    await run.look();
    expect(run.pod("web").metadata.deletionTimestamp).to.equal(undefined);
    expect(run.problems).to.deep.equal([`${rig.folder}: the folder cannot be read (ENOENT); pods stay as they are`]);
  });

  it("is refused at the start when it cannot be read", async () => {
    using rig = new FolderRig();
    rmSync(rig.folder, { recursive: true });
    await using run = rig.start();
    expect(await run.watching)
      .to.be.an("error")
      .with.property("message", `${rig.folder}: the folder cannot be read (ENOENT)`);
  });
});

describe("a restart over a folder", () => {
  it("keeps UIDs, revisions and statuses, and creates nothing again", async () => {
    using rig = new FolderRig({ "a.yaml": podText("web"), "b.yaml": podText("job") });
    const first = rig.start();
    await first.look();
    await first.setStatus("web", { phase: "Running" });
    await first.setStatus("job", { phase: "Succeeded" });
    const before = first.all;
    await first[Symbol.asyncDispose]();
    await using second = rig.start();
    await second.look();
    expect(second.events[0]).to.deep.equal({ kind: "list", pods: before });
    expect(second.events).to.have.length(1);
    expect(second.told).to.deep.equal([]);
  });

  it("notices what happened to the files in between", async () => {
    using rig = new FolderRig({ "a.yaml": podText("web"), "b.yaml": podText("job") });
    const first = rig.start();
    await first.look();
    await first.setStatus("job", { phase: "Succeeded" });
    await first[Symbol.asyncDispose]();
    rig.remove("a.yaml");
    rig.remove("b.yaml");
    rig.write("c.yaml", podText("new"));
    await using second = rig.start();
    await second.look();
    expect(second.names).to.deep.equal(["web", "new"]);
    expect(second.pod("web").metadata.deletionTimestamp).to.be.a("string");
  });

  it("goes on ending a pod that was told to end", async () => {
    using rig = new FolderRig({ "a.yaml": podText("web") });
    const first = rig.start();
    await first.look();
    await first.setStatus("web", { phase: "Running" });
    rig.remove("a.yaml");
    await first.look();
    const before = first.pod("web");
    await first[Symbol.asyncDispose]();
    await using second = rig.start();
    await second.look();
    expect(second.pod("web")).to.deep.equal(before);
  });
});

describe("statuses", () => {
  it("of one turn are stored together, and told only then", async () => {
    using rig = new FolderRig({
      "a.yaml": Array.from({ length: 20 }, (_, index) => podText(`p${index}`)).join("---\n"),
    });
    await using run = rig.start();
    await run.look();
    const before = run.saves;
    await Promise.all(run.names.map((name) => run.setStatus(name, { phase: "Running" })));
    expect(run.saves - before).to.be.within(1, 2);
    expect(run.told.filter(([, phase]) => phase === "Running")).to.have.length(20);
  });

  it("that cannot be stored are refused, not told, and stored later", async () => {
    using rig = new FolderRig({ "a.yaml": podText("web") });
    await using run = rig.start();
    await run.look();
    run.saveError = new Error("no space left");
    const refused = await run.setStatus("web", { phase: "Running" }).then(
      () => "stored",
      (error: Error) => error.message,
    );
    expect(refused).to.equal("no space left");
    expect(run.told.map(([, phase]) => phase)).to.deep.equal(["Pending"]);
    run.saveError = undefined;
    await run.look();
    expect(run.told.map(([, phase]) => phase)).to.deep.equal(["Pending", "Running"]);
    expect(run.store.state.pods[0]?.status).to.deep.equal({ phase: "Running" });
  });
});

describe("what pods of a folder refer to", () => {
  const CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {k: v1}\n";

  it("follows the files", async () => {
    using rig = new FolderRig({ "a.yaml": CONFIG });
    await using run = rig.start();
    await run.look();
    const { signal } = new AbortController();
    expect((await run.inputs.configMap("default", "c", signal))?.data).to.deep.equal({ k: "v1" });
    rig.write("a.yaml", CONFIG.replace("v1}", "v2}"));
    await run.look();
    expect((await run.inputs.configMap("default", "c", signal))?.data).to.deep.equal({ k: "v2" });
    rig.remove("a.yaml");
    await run.look();
    expect(await run.inputs.configMap("default", "c", signal)).to.equal(undefined);
  });

  it("stays while its file is bad", async () => {
    using rig = new FolderRig({ "a.yaml": CONFIG });
    await using run = rig.start();
    await run.look();
    rig.write("a.yaml", "data: [");
    await run.look();
    expect((await run.inputs.configMap("default", "c", new AbortController().signal))?.data).to.deep.equal({ k: "v1" });
  });
});
