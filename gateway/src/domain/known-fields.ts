/**
 * Fields of a pod's spec that no row of the feature registry names and that are still understood: the gateway, the
 * scheduler or every provider honours them, or they belong to a row's fields. Everything else is an unknown field.
 */
import { FEATURE_RULES, fieldsOf } from "./feature-rules.js";
import { type Found, patternOf } from "./json-paths.js";

const CONTAINER = [
  "name",
  "image",
  "imagePullPolicy",
  "command",
  "args",
  "env[].name",
  "env[].value",
  "env[].valueFrom.fieldRef",
  "env[].valueFrom.resourceFieldRef",
  "env[].valueFrom.configMapKeyRef",
  "env[].valueFrom.secretKeyRef",
  "envFrom[].prefix",
  "envFrom[].configMapRef",
  "envFrom[].secretRef",
  "ports[].name",
  "ports[].containerPort",
  "ports[].protocol",
  "volumeMounts[].name",
  "volumeMounts[].mountPath",
  "volumeMounts[].readOnly",
  "resources.requests",
  "resources.claims",
  "resizePolicy",
  "restartPolicy",
  ...["livenessProbe", "readinessProbe", "startupProbe"].flatMap((probe) =>
    [
      "initialDelaySeconds",
      "timeoutSeconds",
      "periodSeconds",
      "successThreshold",
      "failureThreshold",
      "terminationGracePeriodSeconds",
    ].map((field) => `${probe}.${field}`),
  ),
];

const POD = [
  "activeDeadlineSeconds",
  "affinity",
  "automountServiceAccountToken",
  "enableServiceLinks",
  "ephemeralContainers",
  "nodeName",
  "nodeSelector",
  "os.name",
  "overhead",
  "preemptionPolicy",
  "priority",
  "priorityClassName",
  "readinessGates",
  "restartPolicy",
  "schedulerName",
  "schedulingGates",
  "schedulingGroup",
  "serviceAccount",
  "serviceAccountName",
  "securityContext.fsGroupChangePolicy",
  "securityContext.supplementalGroupsPolicy",
  "tolerations",
  "topologySpreadConstraints",
  "workloadRef",
  "volumes[].name",
  "volumes[].configMap",
  "volumes[].secret",
  "volumes[].downwardAPI",
  "volumes[].projected.defaultMode",
  "volumes[].projected.sources[].configMap",
  "volumes[].projected.sources[].secret",
  "volumes[].projected.sources[].downwardAPI",
  "volumes[].projected.sources[].serviceAccountToken",
];

/** Rows whose fields are wider than what they cover. */
const TOO_WIDE: ReadonlySet<string> = new Set([
  "spec.containers",
  "spec.containers[]",
  "spec.initContainers[]",
  "spec.containers[].ports[]",
  "spec.initContainers[].ports[]",
  "spec.containers[].resources.limits",
  "spec.initContainers[].resources.limits",
  "spec.volumes[].projected",
  "spec.volumes[].emptyDir",
  "spec.volumes[].emptyDir.medium",
]);

/** Values that mean nothing beyond the default. */
const HARMLESS: Readonly<Record<string, readonly unknown[]>> = {
  "spec.containers[].volumeMounts[].recursiveReadOnly": ["Disabled"],
  "spec.initContainers[].volumeMounts[].recursiveReadOnly": ["Disabled"],
  "spec.containers[].securityContext.procMount": ["Default"],
  "spec.initContainers[].securityContext.procMount": ["Default"],
  "spec.volumes[].emptyDir.medium": ["", "Memory"],
};

const KNOWN: ReadonlySet<string> = new Set([
  ...FEATURE_RULES.flatMap(fieldsOf).filter((field) => !TOO_WIDE.has(field)),
  ...POD.map((field) => `spec.${field}`),
  ...CONTAINER.flatMap((field) => [`spec.containers[].${field}`, `spec.initContainers[].${field}`]),
]);

/** False for a value that nothing here understands. */
export function isKnownField({ path, value }: Found): boolean {
  const pattern = patternOf(path);
  if (HARMLESS[pattern]?.includes(value) === true || isExtendedResource(pattern)) return true;
  return isBelowKnown(pattern);
}

/** Patterns that were looked at; users' keys may be among them, so that there is an end to what is kept. */
const lookedAt = new Map<string, boolean>();
const MOST_KEPT = 4_096;

function isBelowKnown(pattern: string): boolean {
  const before = lookedAt.get(pattern);
  if (before !== undefined) return before;
  const found = prefixesOf(pattern).some((prefix) => KNOWN.has(prefix));
  if (lookedAt.size < MOST_KEPT) lookedAt.set(pattern, found);
  return found;
}

/** A name with a domain among limits: the row resources.extended. */
function isExtendedResource(pattern: string): boolean {
  return /^spec\.(containers|initContainers)\[\]\.resources\.limits\['[^']*\/[^']*'\]$/.test(pattern);
}

/** The pattern itself and every shorter one. */
function prefixesOf(pattern: string): readonly string[] {
  const ends = [...pattern.matchAll(/\.|\[/g)].map(({ index }) => index);
  const lists = [...pattern.matchAll(/\[\]/g)].map(({ index }) => index + 2);
  return [...ends, ...lists, pattern.length].map((end) => pattern.slice(0, end));
}
