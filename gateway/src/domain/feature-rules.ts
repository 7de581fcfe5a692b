/**
 * When a pod uses a feature: one row per id of the contract's registry, with the fields it covers. Defaults do not count
 * unless the row says so. "{c}" stands for spec.containers[] and spec.initContainers[].
 */
import { defaultPullPolicy } from "./image-name.js";
import { valuesAt } from "./json-paths.js";
import type { Pod } from "./kubernetes.js";
import { apiAccessVolume } from "./volumes.js";

/** What a row may look at besides the value. */
export interface FeatureScope {
  readonly pod: Pod;
  /** Handler of the pod's runtime class; undefined: not known. */
  readonly runtimeHandler?: string | undefined;
  /** Images that a policy maps to something local. */
  readonly isMapped?: (image: string) => boolean;
}

/** One row. */
export interface FeatureRule {
  readonly id: string;
  readonly fields: readonly string[];
  /** Absent: any value. */
  readonly when?: (value: unknown, scope: FeatureScope, path: string) => boolean;
}

const is =
  (wanted: unknown): NonNullable<FeatureRule["when"]> =>
  (value) =>
    value === wanted;
const isNot =
  (unwanted: unknown): NonNullable<FeatureRule["when"]> =>
  (value) =>
    value !== unwanted;
const isFilled = (value: unknown): boolean =>
  typeof value === "object" && value !== null ? Object.keys(value).length > 0 : value !== "" && value !== false;

function probes(): readonly FeatureRule[] {
  const handlers = [
    ["exec", "exec"],
    ["http", "httpGet"],
    ["tcp", "tcpSocket"],
    ["grpc", "grpc"],
  ] as const;
  return ["liveness", "readiness", "startup"].flatMap((probe) =>
    handlers.map(([id, field]) => ({ id: `probes.${probe}.${id}`, fields: [`{c}.${probe}Probe.${field}`] })),
  );
}

function hooks(): readonly FeatureRule[] {
  const actions = [
    ["exec", "exec"],
    ["http", "httpGet"],
    ["sleep", "sleep"],
  ] as const;
  return (
    [
      ["post_start", "postStart"],
      ["pre_stop", "preStop"],
    ] as const
  ).flatMap(([id, hook]) =>
    actions.map(([action, field]) => ({ id: `lifecycle.${id}.${action}`, fields: [`{c}.lifecycle.${hook}.${field}`] })),
  );
}

/** Pod and container level. */
function security(field: string): readonly string[] {
  return [`spec.securityContext.${field}`, `{c}.securityContext.${field}`];
}

/** All rows but unknown_field and those of profile base, which every provider honours. */
export const FEATURE_RULES: readonly FeatureRule[] = [
  {
    id: "containers.multiple",
    fields: ["spec.containers"],
    when: (value) => Array.isArray(value) && value.length > 1,
  },
  { id: "restart_policy.always", fields: ["spec.restartPolicy"], when: is("Always") },
  { id: "restart_policy.on_failure", fields: ["spec.restartPolicy"], when: is("OnFailure") },
  { id: "restart_policy.container", fields: ["spec.containers[].restartPolicy", "{c}.restartPolicyRules"] },
  { id: "restart_policy.container", fields: ["spec.initContainers[].restartPolicy"], when: isNot("Always") },
  {
    id: "restart_policy.all_containers",
    fields: ["{c}.restartPolicyRules[].action"],
    when: is("RestartAllContainers"),
  },
  {
    id: "init_containers",
    fields: ["spec.initContainers[]"],
    when: (value) => (value as { readonly restartPolicy?: string }).restartPolicy !== "Always",
  },
  { id: "sidecars", fields: ["spec.initContainers[].restartPolicy"], when: is("Always") },
  { id: "termination_grace", fields: ["spec.terminationGracePeriodSeconds"], when: isNot(30) },
  { id: "active_deadline", fields: ["spec.activeDeadlineSeconds"] },
  ...probes(),
  ...hooks(),
  { id: "lifecycle.stop_signal", fields: ["{c}.lifecycle.stopSignal"] },
  {
    id: "image.registry",
    fields: ["{c}.image"],
    when: (value, { isMapped }) => isMapped?.(String(value)) !== true,
  },
  { id: "image.pull_policy", fields: ["{c}.imagePullPolicy"], when: isOwnPullPolicy },
  { id: "image.pull_secrets", fields: ["spec.imagePullSecrets"], when: isFilled },
  { id: "termination_message", fields: ["{c}.terminationMessagePath"], when: isNot("/dev/termination-log") },
  { id: "termination_message", fields: ["{c}.terminationMessagePolicy"], when: isNot("File") },
  { id: "tty", fields: ["{c}.tty", "{c}.stdin", "{c}.stdinOnce"], when: is(true) },
  { id: "working_dir", fields: ["{c}.workingDir"], when: isFilled },
  {
    id: "pod_ip",
    fields: ["{c}.ports[]"],
    when: (value, { pod }) => !(value as { readonly hostPort?: number }).hostPort && pod.spec.hostNetwork !== true,
  },
  {
    id: "host_port",
    fields: ["{c}.ports[].hostPort"],
    when: (value, { pod }) => value !== 0 && pod.spec.hostNetwork !== true,
  },
  { id: "host_network", fields: ["spec.hostNetwork"], when: is(true) },
  { id: "host_pid", fields: ["spec.hostPID"], when: is(true) },
  { id: "host_ipc", fields: ["spec.hostIPC"], when: is(true) },
  { id: "share_process_namespace", fields: ["spec.shareProcessNamespace"], when: is(true) },
  { id: "dns", fields: ["spec.dnsPolicy"], when: isNot("ClusterFirst") },
  { id: "dns", fields: ["spec.dnsConfig"], when: isFilled },
  {
    id: "hostname",
    fields: ["spec.hostname", "spec.subdomain", "spec.setHostnameAsFQDN", "spec.hostnameOverride"],
    when: isFilled,
  },
  { id: "host_aliases", fields: ["spec.hostAliases"], when: isFilled },
  {
    id: "volumes.empty_dir",
    fields: ["spec.volumes[].emptyDir"],
    when: (value) => !(value as { readonly medium?: string }).medium,
  },
  { id: "volumes.empty_dir.memory", fields: ["spec.volumes[].emptyDir.medium"], when: is("Memory") },
  { id: "volumes.empty_dir.size_limit", fields: ["spec.volumes[].emptyDir.sizeLimit"] },
  { id: "volumes.host_path", fields: ["spec.volumes[].hostPath"] },
  { id: "volumes.image", fields: ["spec.volumes[].image"] },
  {
    id: "volumes.persistent_claim",
    fields: ["spec.volumes[].persistentVolumeClaim", "spec.volumes[].ephemeral"],
  },
  {
    id: "volumes.sub_path",
    fields: ["{c}.volumeMounts[].subPath", "{c}.volumeMounts[].subPathExpr"],
    when: isFilled,
  },
  { id: "volumes.mount_propagation", fields: ["{c}.volumeMounts[].mountPropagation"], when: isNot("None") },
  {
    id: "volumes.projected_token",
    fields: ["spec.volumes[].projected.sources[].serviceAccountToken"],
    when: (_, { pod }, path) => !isApiAccess(pod, path),
  },
  {
    id: "inputs.api_access",
    fields: ["spec.volumes[].projected"],
    when: (_, { pod }, path) => isApiAccess(pod, path),
  },
  { id: "env.file_key", fields: ["{c}.env[].valueFrom.fileKeyRef"] },
  { id: "resources.cpu_limit", fields: ["{c}.resources.limits.cpu"] },
  { id: "resources.memory_limit", fields: ["{c}.resources.limits.memory"] },
  { id: "resources.ephemeral_storage_limit", fields: ["{c}.resources.limits['ephemeral-storage']"] },
  { id: "resources.pod_level", fields: ["spec.resources"], when: isFilled },
  {
    id: "resources.extended",
    fields: ["{c}.resources.limits"],
    when: (value) => Object.keys(value as object).some((name) => name.includes("/")),
  },
  { id: "resources.claims", fields: ["spec.resourceClaims"], when: isFilled },
  { id: "security.run_as_user", fields: security("runAsUser") },
  { id: "security.run_as_group", fields: [...security("runAsGroup"), "spec.securityContext.supplementalGroups"] },
  { id: "security.run_as_non_root", fields: security("runAsNonRoot"), when: is(true) },
  { id: "security.fs_group", fields: ["spec.securityContext.fsGroup"] },
  { id: "security.read_only_root", fields: ["{c}.securityContext.readOnlyRootFilesystem"], when: is(true) },
  { id: "security.privileged", fields: ["{c}.securityContext.privileged"], when: is(true) },
  { id: "security.capabilities", fields: ["{c}.securityContext.capabilities"], when: isFilled },
  { id: "security.no_new_privileges", fields: ["{c}.securityContext.allowPrivilegeEscalation"], when: is(false) },
  { id: "security.seccomp", fields: security("seccompProfile") },
  { id: "security.app_armor", fields: security("appArmorProfile") },
  { id: "security.selinux", fields: security("seLinuxOptions") },
  { id: "security.sysctls", fields: ["spec.securityContext.sysctls"], when: isFilled },
  { id: "security.user_namespace", fields: ["spec.hostUsers"], when: is(false) },
  {
    id: "runtime_class",
    fields: ["spec.runtimeClassName"],
    when: (value, { runtimeHandler }) => value !== "" && runtimeHandler !== "",
  },
];

/** Whether the pattern is one of a row's, or below it. */
export function fieldsOf(rule: FeatureRule): readonly string[] {
  return rule.fields.flatMap((field) =>
    field.startsWith("{c}")
      ? [field.replace("{c}", "spec.containers[]"), field.replace("{c}", "spec.initContainers[]")]
      : [field],
  );
}

function isOwnPullPolicy(value: unknown, { pod }: FeatureScope, path: string): boolean {
  const [{ value: image } = { value: "" }] = valuesAt(pod, path.replace(/\.imagePullPolicy$/, ".image"));
  return value !== defaultPullPolicy(String(image));
}

function isApiAccess(pod: Pod, path: string): boolean {
  const index = Number(/^spec\.volumes\[(\d+)\]/.exec(path)?.[1] ?? Number.NaN);
  const name = apiAccessVolume(pod);
  return name !== undefined && pod.spec.volumes?.[index]?.name === name;
}
