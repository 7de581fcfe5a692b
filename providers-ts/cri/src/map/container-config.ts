/** One instance of a container as the CRI takes it. Pure. */
import { relative } from "node:path";
import type { ContainerSpec, Owner } from "@outboard/provider-sdk";
import {
  type ContainerConfig,
  type Mount,
  NamespaceMode,
  type NamespaceOption,
  type PodSandboxConfig,
} from "../gen/runtime/v1/api.js";
import { containerAnnotations, containerLabels, type PodNames } from "./labels.js";
import type { ContainerJson } from "./pod-json.js";
import type { PodAmounts } from "./pod-resources.js";
import { containerLimits, type LimitFacts } from "./resources.js";
import { containerSecurity, type ImageUser, type SecurityMeans } from "./security.js";
import { criSignal } from "./signals.js";

export interface ContainerPlace {
  readonly owner: Owner;
  readonly pod: PodNames;
  readonly sandbox: PodSandboxConfig;
  readonly amounts: PodAmounts;
  readonly mounts: readonly Mount[];
  readonly image: { readonly id: string; readonly user: ImageUser };
  /** Id of the container whose processes an ephemeral container sees. */
  readonly targetId?: string;
  readonly limits: LimitFacts;
  readonly security: SecurityMeans;
}

export function containerConfig(spec: ContainerSpec, json: ContainerJson, place: ContainerPlace): ContainerConfig {
  const { owner, pod, sandbox, amounts, image } = place;
  return {
    metadata: { name: spec.name, attempt: spec.attempt },
    image: { image: image.id, annotations: new Map(), userSpecifiedImage: spec.image, runtimeHandler: "" },
    command: spec.command,
    args: spec.args,
    workingDir: spec.workingDir,
    envs: spec.env.map(([key, value]) => ({ key, value })),
    mounts: place.mounts,
    labels: containerLabels(pod, spec.name, owner),
    annotations: containerAnnotations(spec, json),
    logPath: relative(sandbox.logDirectory, spec.logPath),
    stdin: spec.stdin,
    stdinOnce: spec.stdinOnce,
    tty: spec.tty,
    linux: {
      resources: containerLimits(spec.name, spec.resources, amounts, place.limits),
      securityContext: containerSecurity(spec.securityContext, image.user, namespacesOf(place), place.security),
    },
    stopSignal: criSignal(spec.stopSignal),
  };
}

function namespacesOf({ sandbox, targetId }: ContainerPlace): NamespaceOption | undefined {
  const shared = sandbox.linux?.securityContext?.namespaceOptions;
  if (shared === undefined || targetId === undefined || shared.pid !== NamespaceMode.CONTAINER) return shared;
  return { ...shared, pid: NamespaceMode.TARGET, targetId };
}
