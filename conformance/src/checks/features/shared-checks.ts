/** Features by which containers, pods or the host share something: seen from two places at once. */
import { randomInt } from "node:crypto";
import { AddressSlot, type FeatureId } from "@outboard/contract";
import type { Check } from "../../suite/check.js";
import type { Trial } from "../../suite/trial.js";
import { featureCheck, FOLDER, logOf, mustHear, saidBy, show } from "./row.js";

const HOST_NAMESPACES = [
  { feature: "host_network", file: "net", spec: { hostNetwork: true } },
  { feature: "host_pid", file: "pid", spec: { hostPID: true } },
  { feature: "host_ipc", file: "ipc", spec: { hostIPC: true } },
] as const;

/** Where a client waits for its server. */
const TRIES = "for n in 1 2 3 4 5 6 7 8 9 10; do";

export const SHARED_CHECKS: readonly Check[] = [
  ...HOST_NAMESPACES.map(({ feature, file, spec }) =>
    featureCheck({ feature, name: "one-for-all", title: `Pods with ${feature} are in one namespace` }, async (t) => {
      const [one, two] = [await namespaceOf(t, feature, file, spec), await namespaceOf(t, feature, file, spec)];
      t.equal(two, one, "the namespace of the second pod");
    }),
  ),
  featureCheck(
    {
      feature: "share_process_namespace",
      name: "one-for-all",
      title: "The containers of the pod are in one process namespace",
      also: ["containers.multiple"],
    },
    async (t) => {
      mustHear(t);
      const script = `${readLink("pid")}; sleep 1`;
      const pod = await t.pod({
        containers: [
          { behaviour: "shell", params: { script } },
          { name: "second", behaviour: "shell", params: { script } },
        ],
        features: ["share_process_namespace", "containers.multiple"],
        spec: { shareProcessNamespace: true },
      });
      await pod.ended();
      const [one, two] = [await logOf(t, pod.uid), await logOf(t, pod.uid, "second")];
      t.verify(one[0]?.startsWith("pid:") === true, "missing", `the first container said ${show(one)}`);
      t.equal(two[0], one[0], "the namespace of the second container");
    },
  ),
  featureCheck({ feature: "pod_ip", name: "of-its-own", title: "Each pod has an address of its own" }, async (t) => {
    const sketch = { containers: [{ behaviour: "pause", ports: [8080] }], features: ["pod_ip"] } as const;
    const seen = [await (await t.runningPod(sketch)).get(), await (await t.runningPod(sketch)).get()];
    const addresses = seen.map(({ podIps }) => t.present(podIps[0], "a running pod has no address"));
    t.verify(addresses[0] !== addresses[1], "repeated", `two pods have the address ${addresses[0]}`);
  }),
  featureCheck(
    { feature: "host_port", name: "reached", title: "A port of the host leads into the pod", also: ["pod_ip"] },
    async (t) => {
      const [port, hostPort] = [randomInt(20_000, 26_000), randomInt(26_000, 32_000)];
      const server = { ports: [{ containerPort: port, hostPort, protocol: "TCP" }] };
      await t.runningPod({
        containers: [{ behaviour: "tcp-echo", params: { port }, extra: server }],
        features: ["host_port", "pod_ip"],
      });
      const said = await saidBy(t, {
        feature: "pod_ip",
        script: `${TRIES} echo through | nc -w 2 "$HOST_IP" ${hostPort} && break; sleep 0.5; done; echo end`,
        container: {
          env: [{ name: "HOST_IP", value: { parts: [{ part: { $case: "address", value: AddressSlot.HOST_IP } }] } }],
        },
      });
      t.verify(said.includes("through"), "wrong-value", `nothing came back through the host's port: ${show(said)}`);
    },
  ),
  featureCheck(
    { feature: "volumes.host_path", name: "of-the-host", title: "Two pods see one folder of the host" },
    async (t) => {
      const file = `${FOLDER}/conformance-${t.world.runId}-${randomInt(1e9)}`;
      const seen = { container: { mounts: [{ name: "space", mountPath: FOLDER }] }, pod: HOST_FOLDER } as const;
      await saidBy(t, { feature: "volumes.host_path", script: `echo of the host >${file}`, ...seen });
      const said = await saidBy(t, { feature: "volumes.host_path", script: `cat ${file}; rm -f ${file}`, ...seen });
      t.verify(
        said.includes("of the host"),
        "wrong-value",
        `the second pod does not see the file; it said ${show(said)}`,
      );
    },
  ),
];

const HOST_FOLDER = {
  spec: { volumes: [{ name: "space", hostPath: { path: "/tmp", type: "Directory" } }] },
} as const;

// oxlint-disable-next-line max-params -- which namespace of which pod
async function namespaceOf(t: Trial, feature: FeatureId, file: string, spec: object): Promise<string> {
  const inputs = feature === "host_network" ? { hostname: "", podHostNames: [] } : {};
  const said = await saidBy(t, { feature, script: readLink(file), pod: { spec: { ...spec }, inputs } });
  return t.present(
    said.find((line) => line.startsWith(`${file}:`)),
    `the workload does not see its namespace; it said ${show(said)}`,
  );
}

function readLink(file: string): string {
  return `readlink /proc/self/ns/${file}`;
}
