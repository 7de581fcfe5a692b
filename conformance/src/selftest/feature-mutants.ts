/**
 * Mutants of features: a provider that declares one and ignores it. Most are one line of a table, made by taking away what
 * the pod asked for on its way to the provider: the fields that the registry names for the feature, and their inputs.
 */
import { ContainerKind, type FeatureId, featureOf, PodStage } from "@outboard/contract";
import { clauseOfFeature } from "../checks/features/row.js";
import type { FailureCode } from "../suite/failure.js";
import { ordered, stripped } from "./manifest-rule.js";
import { type Mutant, mutant } from "./mutant.js";
import { containers, type Message, observed, type Rule } from "./rule.js";

/** Features of which nothing is left when fields and inputs are gone, with the code by which it shows. */
const IGNORED: readonly (readonly [FeatureId, FailureCode, ((inputs: Message) => object)?])[] = [
  ["restart_policy.container", "late"],
  ["termination_grace", "late"],
  ["probes.liveness.exec", "late"],
  ["probes.liveness.http", "late"],
  ["probes.liveness.tcp", "late"],
  ["probes.liveness.grpc", "late"],
  ["probes.readiness.exec", "wrong-value"],
  ["probes.readiness.http", "wrong-value"],
  ["probes.readiness.tcp", "wrong-value"],
  ["probes.readiness.grpc", "wrong-value"],
  ["probes.startup.exec", "late"],
  ["probes.startup.http", "late"],
  ["probes.startup.tcp", "late"],
  ["probes.startup.grpc", "late"],
  ["lifecycle.post_start.exec", "late"],
  ["lifecycle.post_start.http", "late"],
  ["lifecycle.post_start.sleep", "early"],
  ["lifecycle.pre_stop.exec", "early"],
  ["lifecycle.pre_stop.http", "missing"],
  ["lifecycle.pre_stop.sleep", "early"],
  ["lifecycle.stop_signal", "wrong-value"],
  ["termination_message", "wrong-value"],
  ["tty", "wrong-value"],
  ["working_dir", "wrong-value"],
  ["host_port", "wrong-value"],
  ["host_network", "wrong-value"],
  ["host_pid", "wrong-value"],
  ["host_ipc", "wrong-value"],
  ["share_process_namespace", "wrong-value"],
  ["dns", "wrong-value", () => ({ dns: undefined })],
  ["hostname", "wrong-value", () => ({ hostname: "" })],
  ["host_aliases", "wrong-value", () => ({ hosts: [] })],
  ["volumes.empty_dir.memory", "wrong-value"],
  ["volumes.empty_dir.size_limit", "late"],
  ["volumes.sub_path", "wrong-value", each(() => ({ subPaths: [] }))],
  ["env.file_key", "wrong-value", each(() => ({ env: [] }))],
  ["resources.cpu_limit", "wrong-value", each(() => ({ resources: undefined }))],
  ["resources.memory_limit", "wrong-value", each(() => ({ resources: undefined }))],
  ["resources.ephemeral_storage_limit", "late", each(() => ({ resources: undefined }))],
  ["resources.pod_level", "wrong-value", () => ({ resources: undefined })],
  ["security.run_as_user", "wrong-value"],
  ["security.run_as_group", "wrong-value"],
  ["security.run_as_non_root", "unexpected"],
  ["security.fs_group", "wrong-value"],
  ["security.read_only_root", "wrong-value"],
  ["security.privileged", "wrong-value"],
  ["security.capabilities", "wrong-value"],
  ["security.no_new_privileges", "wrong-value"],
  ["security.sysctls", "wrong-value"],
  ["security.user_namespace", "wrong-value"],
];

const EMPTY_DIR_PATHS = ["spec.volumes", "spec.containers[].volumeMounts"];
const RUNNING = { $case: "running", value: { since: new Date(0) } };

export const FEATURE_MUTANTS: readonly Mutant[] = [
  ...IGNORED.map(([feature, code, change]) =>
    of(feature, code, `ignores ${feature}`, () => ordered(stripped(pathsOf(feature)), change)),
  ),
  of("command", "wrong-value", "drops the last argument", () =>
    ordered(
      () => {},
      each(({ args }) => ({ args: args.slice(0, -1) })),
    ),
  ),
  of("command", "wrong-value", "drops empty arguments", () =>
    ordered(
      () => {},
      each(({ args }) => ({ args: args.filter(({ parts }: Message) => parts[0].part.value.length > 0) })),
    ),
  ),
  of("command", "wrong-value", "gives arguments to a shell", () =>
    ordered(
      () => {},
      each(({ args }) => ({ args: args.map(unquoted) })),
    ),
  ),
  of("volumes.files", "wrong-value", "puts files of folders nowhere", () =>
    ordered(
      () => {},
      files(({ path }) => !path.includes("/")),
    ),
  ),
  of("containers.multiple", "missing", "forgets the second container", () =>
    observed(({ containers: all }) => ({ containers: all.slice(0, 1) })),
  ),
  of("restart_policy.all_containers", "late", "restarts the container alone", () =>
    ordered((spec) => {
      for (const container of spec.containers)
        for (const rule of container.restartPolicyRules ?? []) rule.action = "Restart";
    }),
  ),
  of("sidecars", "wrong-value", "leaves the sidecar running", () =>
    containers(({ kind }, { stage }) =>
      kind === ContainerKind.SIDECAR && stage === PodStage.ENDED ? { state: RUNNING } : {},
    ),
  ),
  of("image.registry", "unexpected", "runs something for any image", () =>
    containers(({ state }) => (state?.$case === "waiting" ? { state: RUNNING } : {})),
  ),
  of("image.pull_policy", "late", "does not say that it has no such image", () =>
    containers(({ state }) =>
      state?.$case === "waiting" ? { state: { $case: "waiting", value: { reason: "", message: "" } } } : {},
    ),
  ),
  of("pod_ip", "repeated", "gives every pod one address", () =>
    observed(({ podIps }) => (podIps.length === 0 ? {} : { podIps: ["192.0.2.1"] })),
  ),
  of("volumes.empty_dir", "wrong-value", "leaves the volume out", () => ordered(stripped(EMPTY_DIR_PATHS))),
  of("volumes.host_path", "wrong-value", "gives an empty folder for the host's", () =>
    ordered((spec) => {
      spec.volumes = spec.volumes?.map(({ name, hostPath, ...rest }: Message) =>
        hostPath === undefined ? { name, ...rest } : { name, emptyDir: {} },
      );
    }),
  ),
  of("volumes.projected_token", "wrong-value", "leaves the token out", () =>
    ordered(
      () => {},
      files(() => false),
    ),
  ),
  of("inputs.api_access", "wrong-value", "leaves the token out", () =>
    ordered(
      () => {},
      files(() => false),
    ),
  ),
  of("security.seccomp", "wrong-value", "filters nothing", unconfined("seccompProfile")),
  of("security.app_armor", "wrong-value", "confines nothing", unconfined("appArmorProfile")),
  of("resources.memory_limit", "wrong-value", "takes the limit for eight times as much", () =>
    ordered(
      () => {},
      each(({ resources }) => ({ resources: resources && { ...resources, limits: larger(resources.limits) } })),
    ),
  ),
];

// oxlint-disable-next-line max-params -- a row of a table
function of(feature: FeatureId, code: FailureCode, fault: string, rule: () => Rule): Mutant {
  return mutant(clauseOfFeature(feature), code, fault, rule);
}

/** The registry's paths; of a probe or a hook all of it, for one without a handler would be no probe at all. */
function pathsOf(feature: FeatureId): readonly string[] {
  const paths = featureOf(feature)?.kubernetesFields ?? [];
  return paths.map((path) => path.replace(/\.(?:exec|httpGet|tcpSocket|grpc|sleep)$/, ""));
}

/** A change of every container's inputs. */
function each(change: (container: Message) => object): (inputs: Message) => object {
  return (inputs) => ({
    containers: inputs.containers.map((container: Message) => ({ ...container, ...change(container) })),
  });
}

/** Only these files of volumes arrive. */
function files(isKept: (file: Message) => boolean): (inputs: Message) => object {
  return (inputs) => ({
    volumes: inputs.volumes.map((volume: Message) => ({ ...volume, files: volume.files.filter(isKept) })),
  });
}

/** A value as a shell would take it: words parted, a variable filled in. */
function unquoted(value: Message): Message {
  const parts = value.parts.map(({ part }: Message) => ({
    part: {
      ...part,
      value: Buffer.from(Buffer.from(part.value).toString("utf8").replaceAll(/\s+/g, " ").replace("$HOME", "/root")),
    },
  }));
  return { parts };
}

function unconfined(field: string): () => Rule {
  return () =>
    ordered((spec) => {
      for (const { securityContext } of spec.containers)
        if (securityContext?.[field] !== undefined) securityContext[field] = { type: "Unconfined" };
    });
}

function larger(limits: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...limits].map(([name, text]) => [name, String(Number(text) * 8)]));
}
