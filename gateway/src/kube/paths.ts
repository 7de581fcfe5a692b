/** Paths of the API that this adapter uses. Names come from API objects, so they are encoded. */
const CORE = "/api/v1";

export function corePath(...parts: readonly string[]): string {
  return join(CORE, parts);
}

export function groupPath(group: string, ...parts: readonly string[]): string {
  return join(`/apis/${group}`, parts);
}

export function namespacedPath(namespace: string, ...parts: readonly string[]): string {
  return corePath("namespaces", namespace, ...parts);
}

function join(root: string, parts: readonly string[]): string {
  return [root, ...parts.map(encodeURIComponent)].join("/");
}
