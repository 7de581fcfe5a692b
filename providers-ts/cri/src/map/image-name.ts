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

export function isValidName(name: string): boolean {
  return REFERENCE.test(name) && !ID.test(name);
}

/** With the tag latest where there is neither tag nor digest. */
export function fullName(name: string): string {
  const groups = REFERENCE.exec(name)?.groups;
  if (groups === undefined || name.startsWith("sha256:")) return name;
  return groups["tag"] === undefined && groups["digest"] === undefined ? `${name}:latest` : name;
}
