/** The contract's vectors, run against the gateway's own decisions. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { containerEnv } from "./env.js";
import { expand } from "./expansion.js";
import type { InputObjects } from "./input-objects.js";
import { InputProblem } from "./input-problem.js";
import type { Value } from "./inputs.js";
import type { Container, ContainerStatus, Pod, PodSpec, Service } from "./kubernetes.js";
import { computePhase, decidePhase, type PhaseVerdict } from "./pod-phase.js";
import { mayRestart } from "./restart-rules.js";
import { serviceEnv } from "./service-env.js";
import { textValue } from "./values.js";

function vectors(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../proto/vectors/${file}`, import.meta.url), "utf8"));
}

interface PhaseCase {
  readonly name: string;
  readonly spec: PodSpec;
  readonly initContainerStatuses: readonly ContainerStatus[];
  readonly containerStatuses: readonly ContainerStatus[];
  readonly terminal: boolean;
  readonly regularContainerStarted: boolean;
  readonly staticPod?: boolean;
  readonly previous?: { readonly api?: Partial<PhaseVerdict>; readonly manager?: Partial<PhaseVerdict> };
  readonly forced?: PhaseVerdict;
  readonly expect: PhaseVerdict;
}

describe("phase vectors", () => {
  // A gateway has no static pods.
  for (const each of (vectors("phase.json") as { cases: readonly PhaseCase[] }).cases.filter(
    ({ staticPod }) => !staticPod,
  )) {
    it(each.name, () => {
      const flags = { terminal: each.terminal, regularStarted: each.regularContainerStarted };
      const computed = computePhase(each.spec, each, flags);
      const api = each.previous?.api ?? {};
      const history = { api, previous: each.previous?.manager ?? api };
      const verdict = decidePhase(computed, each.forced === undefined ? history : { ...history, forced: each.forced });
      expect(verdict).to.deep.equal(each.expect);
    });
  }
});

interface RestartCase {
  readonly name: string;
  readonly pod: { readonly restartPolicy: string; readonly deleted: boolean };
  readonly container: Container & { readonly kind: string };
  readonly exitCode: number;
  readonly killedBy?: string;
  readonly expect: { readonly restarts: boolean };
}

describe("restart vectors, as far as rules and policies alone decide", () => {
  const { cases } = vectors("restart-rules.json") as { cases: readonly RestartCase[] };
  const decided = cases.filter(
    ({ pod, container, killedBy }) => !pod.deleted && container.kind === "main" && !killedBy,
  );
  for (const { name, pod, container, exitCode, expect: wanted } of decided) {
    it(name, () => {
      const spec = { containers: [], restartPolicy: pod.restartPolicy };
      expect(mayRestart(container, spec, exitCode)).to.equal(wanted.restarts);
    });
  }
});

interface EnvFile {
  readonly expand: readonly { name: string; input: string; variables: Record<string, string>; expect: string }[];
  readonly services: readonly {
    name: string;
    namespace: string;
    enableServiceLinks: boolean;
    services: readonly Service[];
    expect: Record<string, string>;
  }[];
  readonly environments: readonly EnvironmentCase[];
}

interface EnvironmentCase {
  readonly name: string;
  readonly pod: Pod;
  readonly container: Container;
  readonly configMaps: Readonly<Record<string, Record<string, string>>>;
  readonly secrets: Readonly<Record<string, Record<string, string>>>;
  readonly services: readonly Service[];
  readonly podIPs: readonly string[];
  readonly hostIPs: readonly string[];
  readonly nodeAllocatable: Readonly<Record<string, string>>;
  readonly expect: {
    readonly env?: Record<string, string>;
    readonly command?: readonly string[];
    readonly args?: readonly string[];
    readonly error?: string;
  };
}

const env = vectors("env.json") as EnvFile;

describe("expansion vectors", () => {
  for (const { name, input, variables, expect: wanted } of env.expand) {
    it(name, () => {
      const value = expand(input, (key) => (variables[key] === undefined ? undefined : textValue(variables[key])));
      expect(render(value, { podIPs: [], hostIPs: [] })).to.equal(wanted);
    });
  }
});

describe("service vectors", () => {
  for (const { name, services, namespace, enableServiceLinks, expect: wanted } of env.services) {
    it(name, () => {
      expect(Object.fromEntries(serviceEnv(services, namespace, enableServiceLinks))).to.deep.equal(wanted);
    });
  }
});

describe("environment vectors", () => {
  for (const each of env.environments) {
    it(each.name, () => {
      const { expect: wanted } = each;
      if (wanted.error !== undefined) {
        expect(() => containerEnv(podOf(each), each.container, objectsOf(each))).to.throw(InputProblem, wanted.error);
        return;
      }
      const made = containerEnv(podOf(each), each.container, objectsOf(each));
      const variables = Object.fromEntries(made.env.map(({ name, value }) => [name, render(value, each)]));
      if (wanted.env !== undefined) expect(variables).to.deep.equal(wanted.env);
      if (wanted.command !== undefined)
        expect(made.command.map((value) => render(value, each))).to.deep.equal(wanted.command);
      if (wanted.args !== undefined) expect(made.args.map((value) => render(value, each))).to.deep.equal(wanted.args);
    });
  }
});

function podOf({ pod, container }: EnvironmentCase): Pod {
  return { ...pod, spec: { ...pod.spec, containers: pod.spec.containers ?? [container] } };
}

function objectsOf({ configMaps, secrets, services, nodeAllocatable }: EnvironmentCase): InputObjects {
  const encode = (data: Record<string, string>): Record<string, string> =>
    Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString("base64")]));
  return {
    configMap: (name) => (configMaps[name] === undefined ? undefined : { data: configMaps[name] }),
    secret: (name) => (secrets[name] === undefined ? undefined : { data: encode(secrets[name]) }),
    token: () => undefined,
    services,
    allocatable: nodeAllocatable,
  };
}

/** What the provider would make of it. */
function render(value: Value, { podIPs, hostIPs }: Pick<EnvironmentCase, "podIPs" | "hostIPs">): string {
  const slots = { podIP: podIPs[0] ?? "", podIPs: podIPs.join(), hostIP: hostIPs[0] ?? "", hostIPs: hostIPs.join() };
  return value
    .map((part) => {
      if (part.kind === "address") return slots[part.slot];
      return part.kind === "literal" ? Buffer.from(part.bytes).toString() : `<${part.key}>`;
    })
    .join("");
}
