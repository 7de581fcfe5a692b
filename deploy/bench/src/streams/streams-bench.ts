// The run: our targets, and a real kubelet if one was named, under the same loads from the same client program.

import { cpus, loadavg } from "node:os";
import type { RunContext } from "../create-bench.js";
import { compare } from "./comparison.js";
import type { StreamFigures } from "./figures.js";
import { startLoadClient } from "./load-client.js";
import { type Measured, measureAll } from "./measure.js";
import { keepOnOneCore } from "./one-core.js";
import type { KubeletOptions, StreamOptions } from "./options.js";
import { startOwnTargets } from "./own-targets.js";
import { SHELL_COMMANDS } from "./shell-pod.js";
import { type Target, usageOf } from "./target.js";

/** Runs on a control plane of its own; nothing is left behind. */
export async function runStreamsBench(options: StreamOptions, { report, signal }: RunContext): Promise<StreamFigures> {
  const { rounds, mebibytes, oneCore, cpuProf } = options;
  const loadBefore = loadavg()[0] ?? 0;
  report("starting a control plane, two providers and two gateways");
  await using own = await startOwnTargets({ report, signal, ...(cpuProf === undefined ? {} : { cpuProf }) });
  const kubelet = options.kubelet && kubeletTarget(options.kubelet);
  const all = [...own.targets, ...(kubelet === undefined ? [] : [kubelet])];
  using _core = oneCore ? keepOnOneCore(all) : undefined;
  await using clients = new AsyncDisposableStack();
  const measured = all.map((target): Measured => {
    usageOf(target);
    const setup = { endpoint: target.endpoint, place: target.place };
    return { target, client: clients.use(startLoadClient(setup, target.netns)) };
  });
  const targets = await measureAll(measured, { options, report, signal });
  const [ours] = targets;
  const theirs = kubelet && targets.at(-1);
  return {
    rounds,
    mebibytes,
    oneCore,
    targets,
    ...(ours === undefined || theirs === undefined ? {} : { comparison: compare(ours, theirs) }),
    machine: {
      cpus: cpus().length,
      cpuModel: cpus()[0]?.model ?? "unknown",
      node: process.version,
      load: [loadBefore, loadavg()[0] ?? 0],
    },
  };
}

function kubeletTarget({ url, certFile, keyFile, pid, runtimePids, place, echoPort, netns }: KubeletOptions): Target {
  return {
    name: "kubelet",
    endpoint: { url, certFile, keyFile },
    place,
    ...(netns === undefined ? {} : { netns }),
    front: pid,
    back: () => runtimePids,
    commands: SHELL_COMMANDS,
    echoPort,
    mostSessions: 200,
    check: () => {},
  };
}
