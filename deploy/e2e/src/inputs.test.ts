import { expect } from "chai";
import { container, createPod, pod, podPhase, podWhen, startWorld, useCluster, type World } from "./support/index.js";

const IMAGE = "outboard.test/shell:1";

async function createObjects(world: World): Promise<void> {
  const base = `/api/v1/namespaces/${world.namespace}`;
  await world.api.create(`${base}/configmaps`, {
    metadata: { name: "settings" },
    data: { color: "blue", "app.conf": "a=1\nb=2\n" },
    binaryData: { "raw.bin": Buffer.from([0, 1, 255]).toString("base64") },
  });
  await world.api.create(`${base}/secrets`, {
    metadata: { name: "keys" },
    stringData: { password: "hunter2", user: "admin" },
  });
  await world.api.create(`${base}/services`, {
    metadata: { name: "db" },
    spec: { ports: [{ name: "sql", port: 5432 }] },
  });
}

/** Runs a script to its end and answers what it printed. */
async function outputOf(world: World, name: string, spec: object): Promise<string> {
  const { spec: base } = pod(world, name);
  await createPod(world, { ...pod(world, name), spec: { ...base, restartPolicy: "Never", ...spec } });
  const ended = await podWhen(
    world,
    name,
    ({ status }) => status?.phase === "Succeeded" || status?.phase === "Failed",
    { message: "ended" },
  );
  const text = await world.kubectl(["logs", name, "-c", "main"]);
  expect(ended.status?.phase, text).to.equal("Succeeded");
  return text;
}

describe("what a pod refers to", () => {
  useCluster();

  it("comes as environment from every source, with $(VAR) and service variables", async () => {
    await using world = await startWorld({ provider: "process" });
    await createObjects(world);
    const env = [
      { name: "PLAIN", value: "p" },
      { name: "EXPANDED", value: "$(PLAIN)-$(color)-$$(PLAIN)-$(NOPE)-$(DB_SERVICE_PORT)" },
      { name: "COLOR", valueFrom: { configMapKeyRef: { name: "settings", key: "color" } } },
      { name: "PASSWORD", valueFrom: { secretKeyRef: { name: "keys", key: "password" } } },
      { name: "ABSENT", valueFrom: { secretKeyRef: { name: "keys", key: "none", optional: true } } },
      { name: "NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "LABEL", valueFrom: { fieldRef: { fieldPath: "metadata.labels['tier']" } } },
      { name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
      { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
      { name: "HOST_IP", valueFrom: { fieldRef: { fieldPath: "status.hostIP" } } },
      { name: "CPU", valueFrom: { resourceFieldRef: { resource: "requests.cpu", divisor: "1m" } } },
    ];
    const script =
      'env | grep -E "^(PLAIN|EXPANDED|COLOR|PASSWORD|ABSENT|NAME|LABEL|NODE|CPU|cfg_color|DB_SERVICE_HOST|KUBERNETES_SERVICE_PORT)=" | sort; echo ip=$POD_IP host=$HOST_IP; echo "$0"';
    const main = {
      name: "main",
      image: IMAGE,
      command: ["sh", "-c", script, "arg-$(PLAIN)"],
      env,
      envFrom: [
        { prefix: "cfg_", configMapRef: { name: "settings" } },
        { configMapRef: { name: "settings" } },
        { secretRef: { name: "not-there", optional: true } },
      ],
      resources: { requests: { cpu: "250m" } },
    };
    await createPod(world, {
      ...pod(world, "env", { labels: { tier: "front" } }),
      spec: { ...pod(world, "env").spec, restartPolicy: "Never", containers: [main] },
    });
    const ended = await podPhase(world, "env", "Succeeded");
    const lines = (await world.kubectl(["logs", "env"])).trim().split("\n");
    expect(lines).to.include.members([
      "PLAIN=p",
      "EXPANDED=p-blue-$(PLAIN)-$(NOPE)-5432",
      "COLOR=blue",
      "PASSWORD=hunter2",
      "NAME=env",
      "LABEL=front",
      `NODE=${world.nodeName}`,
      "CPU=250",
      "cfg_color=blue",
      "KUBERNETES_SERVICE_PORT=443",
      "arg-p",
    ]);
    expect(lines.join("\n")).not.to.contain("ABSENT=");
    expect(lines.find((line) => line.startsWith("DB_SERVICE_HOST="))).to.match(/=\d+\.\d+\.\d+\.\d+$/);
    expect(lines).to.include(`ip=${ended.status?.podIP} host=${ended.status?.hostIP}`);
  });

  it("comes as volumes of each kind: contents, modes, items, optional objects, sub paths", async () => {
    await using world = await startWorld({ provider: "process" });
    await createObjects(world);
    const volumes = [
      { name: "cfg", configMap: { name: "settings" } },
      {
        name: "items",
        configMap: { name: "settings", items: [{ key: "app.conf", path: "etc/app.conf", mode: 0o400 }] },
      },
      { name: "sec", secret: { secretName: "keys", defaultMode: 0o440 } },
      { name: "gone", configMap: { name: "not-there", optional: true } },
      {
        name: "down",
        downwardAPI: {
          items: [
            { path: "labels", fieldRef: { fieldPath: "metadata.labels" } },
            { path: "name", fieldRef: { fieldPath: "metadata.name" } },
          ],
        },
      },
      {
        name: "all",
        projected: {
          sources: [
            { serviceAccountToken: { path: "token", expirationSeconds: 3600, audience: "somebody" } },
            { configMap: { name: "settings", items: [{ key: "color", path: "color" }] } },
            { secret: { name: "keys", items: [{ key: "user", path: "user" }] } },
          ],
        },
      },
      { name: "scratch", emptyDir: {} },
    ];
    const script = [
      "cat /cfg/color; echo; od -An -tx1 /cfg/raw.bin; stat -L -c '%a' /cfg/color",
      "cat /items/etc/app.conf; stat -L -c '%a' /items/etc/app.conf; ls /items",
      "cat /sec/password; echo; stat -L -c '%a' /sec/password",
      "echo gone: $(ls /gone | wc -l)",
      "cat /down/labels; echo; cat /down/name; echo",
      "cut -d. -f2 /all/token | head -c 8; echo; cat /all/color /all/user; echo",
      "echo written > /scratch/file && cat /scratch/file; cat /one.conf",
      "touch /cfg/new 2>/dev/null && echo writable || echo read-only",
      "test -s /var/run/secrets/kubernetes.io/serviceaccount/token && echo api-token; cat /var/run/secrets/kubernetes.io/serviceaccount/namespace; echo",
    ].join("\n");
    const mounts = ["cfg", "items", "sec", "gone", "down", "all", "scratch"].map((name) => ({
      name,
      mountPath: `/${name}`,
    }));
    const main = {
      name: "main",
      image: IMAGE,
      command: ["sh", "-c", script],
      volumeMounts: [...mounts, { name: "cfg", mountPath: "/one.conf", subPath: "app.conf" }],
    };
    const lines = (await outputOf(world, "volumes", { volumes, containers: [main] })).trim().split("\n");
    expect(lines).to.include.members([
      "blue",
      " 00 01 ff",
      "644",
      "400",
      "etc",
      "hunter2",
      "440",
      "gone: 0",
      "volumes",
      "blueadmin",
      "written",
      "read-only",
      "api-token",
      world.namespace,
    ]);
    expect(lines.filter((line) => line === "a=1")).to.have.length(2);
  });

  it("holds the pod back while a volume's object is missing, and lets it start once it is there", async () => {
    await using world = await startWorld({ provider: "process" });
    const volumes = [{ name: "cfg", configMap: { name: "later" } }];
    const containers = [{ ...container("main", "cat /cfg/key"), volumeMounts: [{ name: "cfg", mountPath: "/cfg" }] }];
    await createPod(world, {
      ...pod(world, "held"),
      spec: { ...pod(world, "held").spec, restartPolicy: "Never", volumes, containers },
    });
    await podWhen(
      world,
      "held",
      ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === "ContainerCreating",
      { message: "waiting" },
    );
    await world.kubectl([
      "wait",
      "--for=jsonpath={.reason}=FailedMount",
      "event",
      "--field-selector=reason=FailedMount",
      "--timeout=20s",
    ]);
    expect(
      await world.kubectl([
        "get",
        "events",
        "--field-selector=reason=FailedMount",
        "-o",
        "jsonpath={.items[0].message}",
      ]),
    ).to.equal('MountVolume.SetUp failed for volume "cfg" : configmap "later" not found');
    await world.api.create(`/api/v1/namespaces/${world.namespace}/configmaps`, {
      metadata: { name: "later" },
      data: { key: "here" },
    });
    await podPhase(world, "held", "Succeeded");
    expect(await world.kubectl(["logs", "held"])).to.equal("here\n");
  });

  it("keeps a container whose variable is missing waiting, and the others running", async () => {
    await using world = await startWorld({ provider: "process" });
    const bad = {
      ...container("bad"),
      env: [{ name: "X", valueFrom: { configMapKeyRef: { name: "none", key: "k" } } }],
    };
    await createPod(world, {
      ...pod(world, "half"),
      spec: { ...pod(world, "half").spec, containers: [container("good"), bad] },
    });
    const found = await podWhen(
      world,
      "half",
      ({ status }) => status?.containerStatuses?.some(({ state }) => state?.running !== undefined) === true,
      { message: "half running" },
    );
    const status = found.status?.containerStatuses?.find(({ name }) => name === "bad");
    expect(status?.state?.waiting).to.deep.equal({
      reason: "CreateContainerConfigError",
      message: 'configmap "none" not found',
    });
    await world.api.create(`/api/v1/namespaces/${world.namespace}/configmaps`, {
      metadata: { name: "none" },
      data: { k: "v" },
    });
    await podWhen(
      world,
      "half",
      ({ status: now }) => now?.containerStatuses?.every(({ state }) => state?.running !== undefined) === true,
      { message: "whole", timeoutMs: 40_000 },
    );
  });

  it("runs init containers in order, then a sidecar, then the main container", async () => {
    await using world = await startWorld({ provider: "process" });
    const mount = [{ name: "shared", mountPath: "/shared" }];
    const say = (name: string, script: string, more = {}) => ({
      ...container(name, script),
      volumeMounts: mount,
      ...more,
    });
    const initContainers = [
      say("first", "echo first >> /shared/order"),
      say(
        "helper",
        "echo helper >> /shared/order; trap 'echo helper-end >> /shared/order; exit 0' TERM; while :; do sleep 0.1; done",
        { restartPolicy: "Always" },
      ),
      say("second", "while ! grep -q helper /shared/order; do sleep 0.1; done; echo second >> /shared/order"),
    ];
    const containers = [say("main", "echo main >> /shared/order; cat /shared/order")];
    const volumes = [{ name: "shared", emptyDir: {} }];
    expect(await outputOf(world, "ordered", { volumes, initContainers, containers })).to.equal(
      "first\nhelper\nsecond\nmain\n",
    );
  });
});
