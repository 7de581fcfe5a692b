// The named suites of `npm run e2e`, and all cluster tests together.

import { createRequire } from "node:module";
import { join } from "node:path";
import type { GoProgram } from "@outboard/devcluster";
import type { RuntimeNeed } from "@outboard/runtimes";
import { CRITEST_LINE } from "./critest/options.js";
import { FAULTS_LINE } from "./faults/options.js";
import { CRICTL, CRITEST, GINKGO, KUBERNETES_E2E, VIRTUAL_KUBELET_E2E } from "./foreign/programs.js";
import { GOLDEN_LINE } from "./golden/options.js";
import { KUBERNETES_LINE } from "./kubernetes/options.js";
import type { CommandLine } from "./support/command-line.js";

export interface Suite {
  /** One line. */
  readonly about: string;
  /** Its arguments: for node, before those that were given. */
  readonly command: readonly string[];
  /** Absent: what was given goes to mocha. */
  readonly commandLine?: CommandLine;
  readonly env?: Readonly<Record<string, string>>;
  /** In namespaces of its own: it starts runtimes, or needs addresses that pods can reach. All is made before entering. */
  readonly enclosed?: Needs;
}

export interface Needs {
  readonly programs: readonly GoProgram[];
  readonly runtimes: readonly RuntimeNeed[];
  readonly cluster: boolean;
}

const MOCHA = join(createRequire(import.meta.url).resolve("mocha"), "..", "bin", "mocha.js");
const HERE = import.meta.dirname;
const HOSTILE = join(HERE, "..", "..", "..", "gateway", "dist", "kubelet", "hostile");
const tests = (...path: readonly string[]): readonly string[] => [MOCHA, join(HERE, ...path)];
const script = (...path: readonly string[]): readonly string[] => [join(HERE, ...path)];

export const ALL: Suite = { about: "all tests, on one control plane", command: tests("**", "*.test.js") };

export const SUITES: Readonly<Record<string, Suite>> = {
  kubectl: { about: "kubectl of several versions", command: tests("kubectl", "*.suite.js") },
  clients: { about: "clients of Kubernetes in several languages", command: tests("clients", "*.suite.js") },
  metrics: { about: "metrics-server, kubectl top, autoscaling", command: tests("metrics", "*.suite.js") },
  "virtual-kubelet": {
    about: "virtual-kubelet's own tests",
    command: tests("virtual-kubelet", "*.suite.js"),
    enclosed: { programs: [VIRTUAL_KUBELET_E2E], runtimes: [], cluster: true },
  },
  critest: {
    about: "the tests of CRI runtimes, on containerd",
    command: script("critest", "critest-main.js"),
    commandLine: CRITEST_LINE,
    enclosed: { programs: [CRITEST, CRICTL], runtimes: ["containerd", "containerd-v2", "images"], cluster: false },
  },
  kubernetes: {
    about: "Kubernetes' own tests",
    command: script("kubernetes", "kubernetes-main.js"),
    commandLine: KUBERNETES_LINE,
    enclosed: { programs: [KUBERNETES_E2E, GINKGO], runtimes: ["containerd-v2", "images"], cluster: true },
  },
  kills: {
    about: "kill -9 of gateway, provider and runtime in every phase of a pod",
    command: tests("kills", "*.suite.js"),
    enclosed: { programs: [], runtimes: ["containerd-v2", "dockerd", "images"], cluster: true },
  },
  faults: {
    about: "a matrix of faults and phases, and soaks",
    command: script("faults", "faults-main.js"),
    commandLine: FAULTS_LINE,
  },
  golden: {
    about: "recorded pods of a real kubelet",
    command: script("golden", "golden-main.js"),
    commandLine: GOLDEN_LINE,
  },
  hostile: {
    about: "the kubelet port under attack",
    command: [MOCHA, join(HOSTILE, "*.test.js")],
    env: { OUTBOARD_HOSTILE: "full" },
  },
};
