/** Which credentials of a pod's pull secrets fit an image, in the order in which the kubelet tries them. */
import { imageRepository, parseImageName } from "./image-name.js";
import { fromBase64 } from "./input-objects.js";
import type { ImageVolumeInputs, RegistryCredential } from "./inputs.js";
import type { Pod, Secret } from "./kubernetes.js";
import { compareText } from "./text.js";

const DOCKER_HUB = "index.docker.io";

/** One entry: registry or path prefix, without scheme. */
interface Entry {
  readonly key: string;
  readonly credential: RegistryCredential;
}

/** Credentials for the image; secrets that cannot be read count as empty. Afterwards comes an anonymous try. */
export function credentialsFor(image: string, secrets: readonly Secret[]): readonly RegistryCredential[] {
  const name = parseImageName(image);
  if (name === undefined) return [];
  const repository = imageRepository(name);
  const entries = secrets.flatMap(entriesOf).toSorted((a, b) => compareText(b.key, a.key));
  const matching = entries.filter(({ key }) => matches(key, repository));
  const chosen = matching.length > 0 || name.domain !== "docker.io" ? matching : forDockerHub(entries);
  return chosen.map(({ credential }) => credential);
}

/** Credentials for the pod's image volumes; undefined: there are none. */
export function imageVolumeInputs({ spec }: Pod, secrets: readonly Secret[]): readonly ImageVolumeInputs[] | undefined {
  const found = (spec.volumes ?? []).flatMap(({ name, image }) => {
    const registryCredentials = credentialsFor(image?.reference ?? "", secrets);
    return registryCredentials.length === 0 ? [] : [{ name, registryCredentials }];
  });
  return found.length === 0 ? undefined : found;
}

function forDockerHub(entries: readonly Entry[]): readonly Entry[] {
  return entries.filter(({ key }) => key === DOCKER_HUB);
}

function entriesOf({ type, data }: Secret): readonly Entry[] {
  const json = data?.[".dockerconfigjson"];
  const old = data?.[".dockercfg"];
  if (type === "kubernetes.io/dockerconfigjson" && json !== undefined) return registries(parse(json)["auths"]);
  return type === "kubernetes.io/dockercfg" && old !== undefined ? registries(parse(old)) : [];
}

type Fields = Readonly<Record<string, unknown>>;

function registries(value: unknown): readonly Entry[] {
  return Object.entries(asFields(value)).flatMap(([registry, entry]) => {
    const key = keyOf(registry);
    const credential = credentialOf(key, asFields(entry));
    return credential === undefined ? [] : [{ key, credential }];
  });
}

/** Without scheme and the API's version; the path counts unless it is empty. */
function keyOf(registry: string): string {
  const bare = registry.replace(/^https?:\/\//, "");
  const slash = bare.indexOf("/");
  if (slash < 0) return bare;
  const path = bare.slice(slash).replace(/^\/v[12]\//, "/");
  return path === "/" ? bare.slice(0, slash) : bare.slice(0, slash) + path;
}

function credentialOf(serverAddress: string, entry: Fields): RegistryCredential | undefined {
  const login = loginOf(entry);
  if (login === undefined) return undefined;
  return {
    serverAddress,
    ...login,
    identityToken: text(entry["identitytoken"]),
    registryToken: text(entry["registrytoken"]),
  };
}

/** `auth` wins over the fields. undefined: it cannot be read. */
function loginOf(entry: Fields): { readonly username: string; readonly password: string } | undefined {
  const auth = text(entry["auth"]).trim();
  if (auth === "") return { username: text(entry["username"]), password: text(entry["password"]) };
  const decoded = new TextDecoder().decode(fromBase64(auth));
  const colon = decoded.indexOf(":");
  return colon < 0 ? undefined : { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/** Same port, as many labels, each label by glob, and the path a prefix. */
function matches(key: string, repository: string): boolean {
  const wanted = split(key);
  const actual = split(repository);
  if (wanted.port !== actual.port || wanted.labels.length !== actual.labels.length) return false;
  if (!actual.path.startsWith(wanted.path)) return false;
  return wanted.labels.every((label, index) => globMatches(label, actual.labels[index] ?? ""));
}

function split(address: string): { readonly labels: readonly string[]; readonly port: string; readonly path: string } {
  const slash = address.indexOf("/");
  const host = slash < 0 ? address : address.slice(0, slash);
  const [, name = host, port = ""] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  return { labels: name.split("."), port, path: slash < 0 ? "" : address.slice(slash) };
}

function globMatches(glob: string, label: string): boolean {
  const pattern = glob
    .replaceAll(/[.+^${}()|\\]/g, "\\$&")
    .replaceAll("*", "[^/]*")
    .replaceAll("?", "[^/]");
  try {
    return new RegExp(`^${pattern}$`).test(label);
  } catch {
    return false;
  }
}

function parse(base64: string): Fields {
  try {
    return asFields(JSON.parse(new TextDecoder().decode(fromBase64(base64))));
  } catch {
    return {};
  }
}

function asFields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
