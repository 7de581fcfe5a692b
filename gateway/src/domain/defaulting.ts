/**
 * A Pod as a person writes it, made what an API server would store: its defaults, canonical quantities, nothing that
 * admission plugins add (no service account volume, no default tolerations).
 */
import { defaultContainer } from "./default-container.js";
import { defaultVolume } from "./default-volume.js";
import type { Container, PodSpec, Quantities, Volume } from "./kubernetes.js";
import { podRequests } from "./pod-resources.js";
import { asFields, asText, canonicalList, type Fields, withoutNull } from "./raw-fields.js";

/** A pod without what only a server gives (uid, revision, times). */
export interface DefaultedPod {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
  };
  readonly spec: PodSpec;
}

/** Sets the defaults of a manifest that validatePod found nothing wrong with. */
export function defaultPod(value: unknown): DefaultedPod {
  const { metadata, spec } = withoutNull(asFields(value));
  const { managedFields: _managed, ...meta } = asFields(metadata);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...meta, name: asText(meta["name"]), namespace: asText(meta["namespace"] ?? "default") },
    spec: defaultSpec(asFields(spec)),
  };
}

const DEFAULTS: Fields = {
  restartPolicy: "Always",
  terminationGracePeriodSeconds: 30,
  dnsPolicy: "ClusterFirst",
  securityContext: {},
  schedulerName: "default-scheduler",
  enableServiceLinks: true,
};

/** Booleans whose false is the same as absent. */
const FLAGS = ["hostNetwork", "hostPID", "hostIPC"];

function defaultSpec(fields: Fields): PodSpec {
  const hostNetwork = fields["hostNetwork"] === true;
  const containers = (key: string): readonly Container[] | undefined =>
    listOf(fields[key])?.map((container) => defaultContainer(asFields(container), hostNetwork));
  const volumes = listOf(fields["volumes"])?.map((volume): Volume => defaultVolume(asFields(volume)));
  const spec = present({
    ...DEFAULTS,
    ...Object.fromEntries(Object.entries(fields).filter(([key, value]) => !(FLAGS.includes(key) && value === false))),
    ...accountOf(fields),
    volumes,
    initContainers: containers("initContainers"),
    containers: containers("containers") ?? [],
    ephemeralContainers: containers("ephemeralContainers"),
    overhead: fields["overhead"] === undefined ? undefined : canonicalList(fields["overhead"]),
  }) as unknown as PodSpec;
  const grace = (spec.terminationGracePeriodSeconds ?? 0) < 0 ? { terminationGracePeriodSeconds: 1 } : {};
  return withPodLevel({ ...spec, ...grace });
}

function accountOf(fields: Fields): Fields {
  const account = fields["serviceAccountName"] ?? fields["serviceAccount"];
  return account === undefined || account === "" ? {} : { serviceAccountName: account, serviceAccount: account };
}

/** Pod-level requests are what the containers ask for, else the pod-level limits. */
function withPodLevel(spec: PodSpec): PodSpec {
  if (spec.resources === undefined) return spec;
  const { limits, requests } = spec.resources;
  const resources = present({
    ...spec.resources,
    limits: limits === undefined ? undefined : canonicalList(limits),
    requests: requests === undefined ? undefined : canonicalList(requests),
  }) as NonNullable<PodSpec["resources"]>;
  if (limits === undefined || Object.keys(limits).length === 0) return { ...spec, resources };
  const { resources: _own, overhead: _overhead, ...containersOnly } = spec;
  const fromContainers = only(podRequests(containersOnly), (name) => name === "cpu" || name === "memory");
  return {
    ...spec,
    resources: { ...resources, requests: { ...resources.limits, ...fromContainers, ...resources.requests } },
  };
}

function only(list: Quantities, keep: (name: string) => boolean): Quantities {
  return Object.fromEntries(Object.entries(list).filter(([name]) => keep(name)));
}

function listOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) && value.length > 0 ? value : undefined;
}

function present(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
