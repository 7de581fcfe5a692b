/** Image names, by the grammar of image references. Pure. */

const PART = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const DOMAIN_PART = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const DOMAIN = `(?:${DOMAIN_PART}(?:\\.${DOMAIN_PART})*|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?`;
const NAME = `(?:${DOMAIN}/)?${PART}(?:/${PART})*`;
const TAG = "[\\w][\\w.-]{0,127}";
const DIGEST = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";
const REFERENCE = new RegExp(`^(?<name>${NAME})(?::(?<tag>${TAG}))?(?:@(?<digest>${DIGEST}))?$`);
/** Bare ids are not names. */
const ID = /^[a-f0-9]{64}$/;

/** What is wrong with a name, in the words of the reference library; undefined: nothing. */
export function nameProblem(name: string): string | undefined {
  if (ID.test(name)) return `cannot specify 64-byte hexadecimal strings (${name})`;
  const repository = repositoryOf(name);
  if (repository !== repository.toLowerCase()) {
    return `invalid reference format: repository name (${repository}) must be lowercase`;
  }
  return REFERENCE.test(name) ? undefined : "invalid reference format";
}

/** Without domain, tag and digest. */
function repositoryOf(name: string): string {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(0, slash));
  const isDomain = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  const rest = isDomain ? name.slice(slash + 1) : name;
  return rest.replace(/[:@].*$/s, "");
}

/** With the tag latest where there is neither tag nor digest. */
export function fullName(name: string): string {
  const groups = REFERENCE.exec(name)?.groups;
  if (groups === undefined || name.startsWith("sha256:")) return name;
  return groups["tag"] === undefined && groups["digest"] === undefined ? `${name}:latest` : name;
}
