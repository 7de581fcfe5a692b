/** What is wrong with a Pod manifest before anything is made of it: names, required fields, references, enumerations. */
import { parseQuantity } from "./quantity.js";
import { asFields, asText, type Fields, isFields } from "./raw-fields.js";

/** One problem and where it is. */
export interface ManifestProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

type Path = ManifestProblem["path"];

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Empty: the manifest may be defaulted and run. */
export function validatePod(value: unknown): readonly ManifestProblem[] {
  if (!isFields(value)) return [{ path: [], message: "must be an object" }];
  if (!isFields(value["metadata"])) return [{ path: ["metadata"], message: "is required" }];
  if (!isFields(value["spec"])) return [{ path: ["spec"], message: "is required" }];
  return [...metadataProblems(value["metadata"]), ...specProblems(value["spec"])];
}

function metadataProblems(metadata: Fields): readonly ManifestProblem[] {
  const path = ["metadata"];
  return [
    ...nameProblems([...path, "name"], metadata["name"], SUBDOMAIN, 253),
    ...(metadata["namespace"] === undefined
      ? []
      : nameProblems([...path, "namespace"], metadata["namespace"], LABEL, 63)),
    ...textMapProblems([...path, "labels"], metadata["labels"]),
    ...textMapProblems([...path, "annotations"], metadata["annotations"]),
  ];
}

function specProblems(spec: Fields): readonly ManifestProblem[] {
  const containers = spec["containers"];
  if (!Array.isArray(containers) || containers.length === 0) {
    return [{ path: ["spec", "containers"], message: "at least one container is required" }];
  }
  const volumes = itemsOf(spec, "volumes", ["spec"]);
  const names = new Set(volumes.map(({ fields }) => fields["name"]));
  const all = [...itemsOf(spec, "initContainers", ["spec"]), ...itemsOf(spec, "containers", ["spec"])];
  return [
    ...volumes.flatMap(({ path, fields }) => nameProblems([...path, "name"], fields["name"], LABEL, 63)),
    ...all.flatMap(({ path, fields }) => containerProblems(path, fields, names)),
    ...duplicateProblems(all),
    ...duplicateProblems(volumes),
    ...choiceProblems(["spec", "restartPolicy"], spec["restartPolicy"], ["Always", "OnFailure", "Never"]),
    ...choiceProblems(["spec", "dnsPolicy"], spec["dnsPolicy"], [
      "ClusterFirst",
      "ClusterFirstWithHostNet",
      "Default",
      "None",
    ]),
    ...numberProblems(["spec", "activeDeadlineSeconds"], spec["activeDeadlineSeconds"], 1),
    ...numberProblems(["spec", "terminationGracePeriodSeconds"], spec["terminationGracePeriodSeconds"], 0),
  ];
}

function containerProblems(path: Path, container: Fields, volumes: ReadonlySet<unknown>): readonly ManifestProblem[] {
  const { image } = container;
  const noImage = typeof image !== "string" || image.trim() !== image || image === "";
  return [
    ...nameProblems([...path, "name"], container["name"], LABEL, 63),
    ...(noImage ? [{ path: [...path, "image"], message: "is required, without blanks around it" }] : []),
    ...textListProblems([...path, "command"], container["command"]),
    ...textListProblems([...path, "args"], container["args"]),
    ...itemsOf(container, "env", path).flatMap(variableProblems),
    ...itemsOf(container, "volumeMounts", path).flatMap((mount) => mountProblems(mount, volumes)),
    ...itemsOf(container, "ports", path).flatMap(portProblems),
    ...resourceProblems([...path, "resources"], asFields(container["resources"])),
    ...choiceProblems([...path, "imagePullPolicy"], container["imagePullPolicy"], ["Always", "IfNotPresent", "Never"]),
  ];
}

interface Item {
  readonly path: Path;
  readonly fields: Fields;
}

/** The objects of a list with their paths; what is no list has none. */
function itemsOf(fields: Fields, key: string, path: Path): readonly Item[] {
  const list = fields[key];
  if (!Array.isArray(list)) return [];
  return list.map((item, index) => ({ path: [...path, key, index], fields: asFields(item) }));
}

function variableProblems({ path, fields }: Item): readonly ManifestProblem[] {
  const { name, value, valueFrom } = fields;
  if (typeof name !== "string" || !/^[ -<>-~]+$/.test(name)) {
    return [{ path: [...path, "name"], message: 'must be printable ASCII without "="' }];
  }
  if (value !== undefined && value !== null && typeof value !== "string") {
    return [{ path: [...path, "value"], message: "must be a string; put it in quotes" }];
  }
  const both = typeof value === "string" && value !== "" && isFields(valueFrom);
  return both ? [{ path: [...path, "valueFrom"], message: "may not be set when value is set" }] : [];
}

function mountProblems({ path, fields }: Item, volumes: ReadonlySet<unknown>): readonly ManifestProblem[] {
  const { name, mountPath } = fields;
  return [
    ...(volumes.has(name) ? [] : [{ path: [...path, "name"], message: `no volume is named ${JSON.stringify(name)}` }]),
    ...(typeof mountPath === "string" && mountPath !== ""
      ? []
      : [{ path: [...path, "mountPath"], message: "is required" }]),
  ];
}

function portProblems({ path, fields }: Item): readonly ManifestProblem[] {
  const at = [...path, "containerPort"];
  const port = fields["containerPort"];
  return [
    ...(port === undefined ? [{ path: at, message: "is required" }] : numberProblems(at, port, 1, 65535)),
    ...numberProblems([...path, "hostPort"], fields["hostPort"], 0, 65535),
    ...choiceProblems([...path, "protocol"], fields["protocol"], ["TCP", "UDP", "SCTP"]),
  ];
}

function resourceProblems(path: Path, resources: Fields): readonly ManifestProblem[] {
  return ["requests", "limits"].flatMap((side) =>
    Object.entries(asFields(resources[side])).flatMap(([name, value]) =>
      parseQuantity(String(value)) === undefined
        ? [{ path: [...path, side, name], message: `${JSON.stringify(value)} is not a quantity` }]
        : [],
    ),
  );
}

function nameProblems(path: Path, name: unknown, pattern: RegExp, longest: number): readonly ManifestProblem[] {
  if (name === undefined || name === null || name === "") return [{ path, message: "is required" }];
  if (typeof name === "string" && pattern.test(name) && name.length <= longest) return [];
  const dots = pattern === SUBDOMAIN ? ", '-' and '.'" : " and '-'";
  return [{ path, message: `must be lower-case letters, digits${dots}, at most ${longest} characters` }];
}

function duplicateProblems(items: readonly Item[]): readonly ManifestProblem[] {
  const seen = new Set<unknown>();
  return items.flatMap(({ path, fields: { name } }) => {
    const isNew = !seen.has(name);
    seen.add(name);
    return isNew ? [] : [{ path: [...path, "name"], message: `${JSON.stringify(name)} is there twice` }];
  });
}

function choiceProblems(path: Path, value: unknown, allowed: readonly string[]): readonly ManifestProblem[] {
  if (value === undefined || value === null || allowed.includes(asText(value))) return [];
  return [{ path, message: `must be one of ${allowed.join(", ")}` }];
}

function numberProblems(path: Path, value: unknown, least: number, most = 2 ** 31 - 1): readonly ManifestProblem[] {
  if (value === undefined || value === null) return [];
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return [];
  return [{ path, message: `must be a whole number from ${least} to ${most}` }];
}

function textMapProblems(path: Path, value: unknown): readonly ManifestProblem[] {
  if (value === undefined || value === null) return [];
  return Object.entries(asFields(value)).flatMap(([key, text]) =>
    typeof text === "string" ? [] : [{ path: [...path, key], message: "must be a string; put it in quotes" }],
  );
}

function textListProblems(path: Path, value: unknown): readonly ManifestProblem[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return [{ path, message: "must be a list of strings" }];
  return value.flatMap((text, index) =>
    typeof text === "string" ? [] : [{ path: [...path, index], message: "must be a string; put it in quotes" }],
  );
}
