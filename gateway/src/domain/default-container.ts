/** Defaults of a container. */
import { defaultPullPolicy } from "./image-name.js";
import type { Container } from "./kubernetes.js";
import { canonicalQuantity } from "./quantity.js";
import { asFields, asText, canonicalList, changed, changedEach, type Fields, withDefaults } from "./raw-fields.js";

const PROBES = ["livenessProbe", "readinessProbe", "startupProbe"];
const HOOKS = ["postStart", "preStop"];
/** Booleans whose false is the same as absent. */
const FLAGS = ["stdin", "stdinOnce", "tty"];

/** The container with its defaults; on the host's network its ports are the host's. */
export function defaultContainer(fields: Fields, hostNetwork: boolean): Container {
  const filled = withDefaults(fields, {
    resources: {},
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    imagePullPolicy: defaultPullPolicy(asText(fields["image"])),
  });
  const withPorts = changedEach(filled, "ports", (port) => defaultPort(port, hostNetwork));
  const withEnv = changedEach(withPorts, "env", defaultVariable);
  const withMounts = changedEach(withEnv, "volumeMounts", (mount) => withoutFalse(mount, ["readOnly"]));
  const withProbes = PROBES.reduce((each, probe) => changed(each, probe, defaultProbe), withMounts);
  const whole = changed(withLifecycle(withProbes), "resources", defaultResources);
  return withoutFalse(whole, FLAGS) as unknown as Container;
}

/** A fieldRef or resourceFieldRef of a variable or a file. */
export function defaultSource(source: Fields): Fields {
  const withField = changed(source, "fieldRef", (field) => withDefaults(field, { apiVersion: "v1" }));
  return changed(withField, "resourceFieldRef", (field) => ({
    ...field,
    divisor: canonicalQuantity(asText(field["divisor"] ?? "0")),
  }));
}

function defaultPort(port: Fields, hostNetwork: boolean): Fields {
  const filled = withDefaults(port, { protocol: "TCP" });
  const own = port["hostPort"];
  if (own !== undefined && own !== 0) return filled;
  const { hostPort: _none, ...rest } = filled;
  return hostNetwork ? { ...rest, hostPort: port["containerPort"] } : rest;
}

function defaultVariable(variable: Fields): Fields {
  const { value, ...rest } = variable;
  const named = value === undefined || value === "" ? rest : { ...rest, value: asText(value) };
  return changed(named, "valueFrom", (source) =>
    changed(defaultSource(source), "fileKeyRef", (file) => ({ optional: false, ...file })),
  );
}

function defaultProbe(probe: Fields): Fields {
  const filled = withDefaults(probe, {
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  });
  const withHttp = changed(withoutZero(filled, "initialDelaySeconds"), "httpGet", defaultHttpGet);
  return changed(withHttp, "grpc", (grpc) => ({ service: "", ...grpc }));
}

function defaultHttpGet(get: Fields): Fields {
  return withDefaults(get, { path: "/", scheme: "HTTP" });
}

/** stopSignal is behind a feature gate that is off by default. */
function withLifecycle(container: Fields): Fields {
  const { lifecycle, ...rest } = container;
  if (lifecycle === undefined) return rest;
  const { stopSignal: _gated, ...hooks } = asFields(lifecycle);
  const filled = HOOKS.reduce(
    (each, hook) => changed(each, hook, (action) => changed(action, "httpGet", defaultHttpGet)),
    hooks,
  );
  return Object.keys(filled).length === 0 ? rest : { ...rest, lifecycle: filled };
}

/** Requests that are not given are the limits. */
function defaultResources(resources: Fields): Fields {
  const limits = canonicalList(resources["limits"]);
  const requests = { ...limits, ...canonicalList(resources["requests"]) };
  const { limits: _limits, requests: _requests, ...rest } = resources;
  return {
    ...rest,
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
    ...(Object.keys(requests).length === 0 ? {} : { requests }),
  };
}

function withoutFalse(fields: Fields, keys: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([key, value]) => !(keys.includes(key) && value === false)));
}

function withoutZero(fields: Fields, key: string): Fields {
  const { [key]: value, ...rest } = fields;
  return value === 0 ? rest : fields;
}
