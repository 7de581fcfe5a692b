/** Whether a pod can ever start a container again: then it needs its inputs. Pure. */
import { containersOf, type NamedContainer, type PodManifest } from "./manifest.js";
import { instanceOfRound, type PodRecord, shownExitCode } from "./record.js";
import { decideRestart } from "./restart.js";

/** True also where it is not known. */
export function mayRunAgain(record: PodRecord, manifest: PodManifest | undefined): boolean {
  if (record.finishing === true) return false;
  if (manifest === undefined) return true;
  return containersOf(manifest).some((named) => named.kind !== "ephemeral" && mayStart(record, manifest, named));
}

function mayStart(record: PodRecord, manifest: PodManifest, named: NamedContainer): boolean {
  const { container, kind } = named;
  const current = instanceOfRound(record, container.name);
  if (current === undefined || container.restartPolicyRules !== undefined) return true;
  const exitCodes = current.ending === undefined ? [0, 1] : [shownExitCode(current.ending)];
  return exitCodes.some((exitCode) => {
    const { restartPolicy } = container;
    const podRestartPolicy = manifest.spec.restartPolicy ?? "Always";
    return decideRestart({ podRestartPolicy, podStopping: false, kind, restartPolicy, exitCode }).restarts;
  });
}
