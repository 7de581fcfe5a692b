/**
 * Fields of a pod's spec that no row of the feature registry names and that are still understood: the gateway, the
 * scheduler or every provider honours them, or they belong to a row's fields. Everything else is an unknown field.
 */
import { FEATURE_RULES, fieldsOf } from "./feature-rules.js";
import { ANY_DOMAIN } from "./field-tree.js";

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
export const HARMLESS_VALUES: Readonly<Record<string, readonly unknown[]>> = {
  "spec.containers[].volumeMounts[].recursiveReadOnly": ["Disabled"],
  "spec.initContainers[].volumeMounts[].recursiveReadOnly": ["Disabled"],
  "spec.containers[].securityContext.procMount": ["Default"],
  "spec.initContainers[].securityContext.procMount": ["Default"],
  "spec.volumes[].emptyDir.medium": ["", "Memory"],
};

/** A key of `*\/*` stands for every name with a domain: the row resources.extended. */
const EXTENDED = ["spec.containers[]", "spec.initContainers[]"].map(
  (each) => `${each}.resources.limits['${ANY_DOMAIN}']`,
);

/** Patterns of what is understood, with all that is below them. */
export const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  ...FEATURE_RULES.flatMap(fieldsOf).filter((field) => !TOO_WIDE.has(field)),
  ...POD.map((field) => `spec.${field}`),
  ...CONTAINER.flatMap((field) => [`spec.containers[].${field}`, `spec.initContainers[].${field}`]),
  ...EXTENDED,
]);
