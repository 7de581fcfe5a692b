/** Image names as container runtimes read them. */

/** The parts of a name with the defaults filled in. */
export interface ImageName {
  /** "docker.io" where none is written. */
  readonly domain: string;
  /** Below the domain; "library/" in front where Docker's registry has it so. */
  readonly path: string;
  /** Empty with a digest alone; else "latest" where none is written. */
  readonly tag: string;
  /** With algorithm; empty: none. */
  readonly digest: string;
}

const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const DOMAIN =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d+)?$/;

/** undefined: not a name. */
export function parseImageName(text: string): ImageName | undefined {
  const [withTag = "", digest = ""] = text.split(/@(.*)/s);
  const [, repository = withTag, tag] = /^(.*?)(?::([^/]*))?$/.exec(withTag) ?? [];
  const { domain, path } = splitDomain(repository);
  const isName = DOMAIN.test(domain) && path.split("/").every((part) => COMPONENT.test(part));
  if (!isName || (tag !== undefined && !TAG.test(tag))) return undefined;
  if (text.includes("@") && !DIGEST.test(digest)) return undefined;
  return { domain, path, tag: tag ?? (digest === "" ? "latest" : ""), digest };
}

/** Domain and path without tag and digest, as credentials are looked up by. */
export function imageRepository({ domain, path }: ImageName): string {
  return `${domain}/${path}`;
}

/** The pull policy that the API server sets where none is given. */
export function defaultPullPolicy(image: string): "Always" | "IfNotPresent" {
  return parseImageName(image)?.tag === "latest" ? "Always" : "IfNotPresent";
}

function splitDomain(repository: string): { readonly domain: string; readonly path: string } {
  const slash = repository.indexOf("/");
  const first = repository.slice(0, slash);
  const isDomain = slash > 0 && (/[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase());
  const domain = isDomain ? first : "docker.io";
  const rest = isDomain ? repository.slice(slash + 1) : repository;
  const hub = domain === "docker.io" || domain === "index.docker.io";
  return { domain: hub ? "docker.io" : domain, path: hub && !rest.includes("/") ? `library/${rest}` : rest };
}
