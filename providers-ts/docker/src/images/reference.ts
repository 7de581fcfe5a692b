/** Image names, written out in full: other engines than Docker's do not add docker.io by themselves. */

export interface ImageReference {
  /** With the domain, without tag and digest. */
  readonly repository: string;
  /** A tag, or a digest with its algorithm. */
  readonly version: string;
  /** The name in full. */
  readonly name: string;
}

const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,}$/;

/** Undefined: no image name. With tag and digest the digest counts. */
export function parseReference(text: string): ImageReference | undefined {
  const [withTag = "", digest] = text.split(/@(.*)/s);
  const [, repository = withTag, tag = "latest"] = /^(.*?)(?::([^/:]*))?$/.exec(withTag) ?? [];
  const { domain, path } = splitDomain(repository);
  if (!REPOSITORY.test(path) || !TAG.test(tag)) return undefined;
  if (digest !== undefined && !DIGEST.test(digest)) return undefined;
  const full = `${domain}/${path}`;
  return digest === undefined
    ? { repository: full, version: tag, name: `${full}:${tag}` }
    : { repository: full, version: digest, name: `${full}@${digest}` };
}

function splitDomain(repository: string): { readonly domain: string; readonly path: string } {
  const slash = repository.indexOf("/");
  const first = repository.slice(0, Math.max(0, slash));
  const hasDomain = slash > 0 && (/[.:]/.test(first) || first === "localhost");
  if (hasDomain && first !== "docker.io" && first !== "index.docker.io") {
    return { domain: first, path: repository.slice(slash + 1) };
  }
  const path = hasDomain ? repository.slice(slash + 1) : repository;
  return { domain: "docker.io", path: path.includes("/") ? path : `library/${path}` };
}
