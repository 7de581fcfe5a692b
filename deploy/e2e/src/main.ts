// `npm run e2e [-- SUITE] [-- ARGUMENTS]`: all cluster tests in one mocha run, so that they share one control plane;
// or one of the named suites, which take longer or fetch what they need.

import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureComponents, ensureGoProgram, type GoProgram } from "@outboard/devcluster";
import { ensureRuntimes, runEnclosed, type RuntimeNeed } from "@outboard/runtimes";
import { CRICTL, CRITEST, GINKGO, KUBERNETES_E2E, VIRTUAL_KUBELET_E2E } from "./foreign/programs.js";

interface Suite {
  /** Files for mocha, or a program of its own. */
  readonly tests?: string;
  readonly script?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** In namespaces of its own: it starts runtimes, or needs addresses that pods can reach. All is made before entering. */
  readonly enclosed?: Needs;
}

interface Needs {
  readonly programs: readonly GoProgram[];
  readonly runtimes: readonly RuntimeNeed[];
  readonly cluster: boolean;
}

const MOCHA = join(createRequire(import.meta.url).resolve("mocha"), "..", "bin", "mocha.js");
const HERE = import.meta.dirname;
const HOSTILE = join(HERE, "..", "..", "..", "gateway", "dist", "kubelet", "hostile");
const BUILD_TIMEOUT_MS = 60 * 60_000;

const ALL: Suite = { tests: join(HERE, "**", "*.test.js") };
const SUITES: Readonly<Record<string, Suite>> = {
  kubectl: { tests: join(HERE, "kubectl", "*.suite.js") },
  clients: { tests: join(HERE, "clients", "*.suite.js") },
  metrics: { tests: join(HERE, "metrics", "*.suite.js") },
  "virtual-kubelet": {
    tests: join(HERE, "virtual-kubelet", "*.suite.js"),
    enclosed: { programs: [VIRTUAL_KUBELET_E2E], runtimes: [], cluster: true },
  },
  critest: {
    script: join(HERE, "critest", "critest-main.js"),
    enclosed: { programs: [CRITEST, CRICTL], runtimes: ["containerd", "containerd-v2", "images"], cluster: false },
  },
  kubernetes: {
    script: join(HERE, "kubernetes", "kubernetes-main.js"),
    enclosed: { programs: [KUBERNETES_E2E, GINKGO], runtimes: ["containerd-v2", "images"], cluster: true },
  },
  kills: {
    tests: join(HERE, "kills", "*.suite.js"),
    enclosed: { programs: [], runtimes: ["containerd-v2", "dockerd", "images"], cluster: true },
  },
  faults: { script: join(HERE, "faults", "faults-main.js") },
  golden: { script: join(HERE, "golden", "golden-main.js") },
  hostile: { tests: join(HOSTILE, "*.test.js"), env: { OUTBOARD_HOSTILE: "full" } },
};

const [first = "", ...rest] = process.argv.slice(2);
const named = Object.hasOwn(SUITES, first) ? SUITES[first] : undefined;
const { tests, script, env, enclosed } = named ?? ALL;
const command = tests === undefined ? [script ?? ""] : [MOCHA, tests];
const args = [...command, ...(named === undefined ? process.argv.slice(2) : rest)];
const environment = { ...process.env, ...env };

if (enclosed === undefined) run();
else {
  await prepare(enclosed);
  const folder = environment["OUTBOARD_E2E_OUT"] ?? mkdtempSync(join(tmpdir(), "outboard-e2e-"));
  const { code } = await runEnclosed(process.execPath, args, { env: { ...environment, OUTBOARD_E2E_OUT: folder } });
  process.exitCode = code;
}

function run(): void {
  const child = spawn(process.execPath, args, { stdio: "inherit", env: environment });
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => child.kill(name));
  child.once("exit", (code) => {
    process.exitCode = code ?? 1;
  });
}

async function prepare({ programs, runtimes, cluster }: Needs): Promise<void> {
  const options = { report: (line: string) => console.error(line), signal: AbortSignal.timeout(BUILD_TIMEOUT_MS) };
  if (cluster) await ensureComponents(options);
  await ensureRuntimes(runtimes, options);
  for (const program of programs) await ensureGoProgram(program, options);
}
