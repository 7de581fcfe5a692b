/** Finds what a path and method mean. Pure. The kubelet's order: unknown root, then authentication, then path and method. */
import type { Route, RouteTable, Service } from "./route-table.js";

/** Which service a path belongs to. */
export type ServiceMatch =
  | { readonly kind: "service"; readonly service: Service }
  | { readonly kind: "redirect"; readonly path: string }
  | { readonly kind: "unknown" };

/** Which route of a service. */
export type RouteMatch =
  | { readonly kind: "route"; readonly route: Route; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: "wrong-method"; readonly allow: readonly string[] }
  | { readonly kind: "unknown" };

/** The service that owns a decoded path: an exact root first, then the longest tree. */
export function findService(table: RouteTable, path: string): ServiceMatch {
  const exact = table.find((service) => service.root === path);
  if (exact !== undefined) return { kind: "service", service: exact };
  const redirected = table.find((service) => service.root === `${path}/`);
  if (redirected !== undefined) return { kind: "redirect", path: redirected.root };
  const trees = table.filter((service) => !service.exact && path.startsWith(withSlash(service.root)));
  const longest = trees.sort((a, b) => b.root.length - a.root.length)[0];
  return longest === undefined ? { kind: "unknown" } : { kind: "service", service: longest };
}

/** The route of a service for a decoded path and a method. */
export function findRoute(service: Service, path: string, method: string): RouteMatch {
  const segments = segmentsOf(path.slice(service.root.replace(/\/$/, "").length));
  const candidates = service.routes.flatMap((route) => {
    const params = matchPattern(segmentsOf(route.pattern), segments);
    return params === undefined ? [] : [{ route, params }];
  });
  const found = candidates.find(({ route }) => route.methods === "any" || route.methods.includes(method));
  if (found !== undefined) return { kind: "route", ...found };
  if (candidates.length === 0) return { kind: "unknown" };
  const allow = candidates.flatMap(({ route }) => (route.methods === "any" ? [] : route.methods));
  return { kind: "wrong-method", allow: [...new Set(allow)] };
}

function matchPattern(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  if (pattern[0] === "*") return params;
  if (pattern.length !== segments.length) return undefined;
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? "";
    const name = /^\{(.+)\}$/.exec(part)?.[1];
    if (name !== undefined) params[name] = segment;
    else if (part !== segment) return undefined;
  }
  return params;
}

function segmentsOf(path: string): readonly string[] {
  const trimmed = path.replace(/^\/+|\/+$/g, "");
  return trimmed === "" ? [] : trimmed.split("/");
}

function withSlash(root: string): string {
  return root.endsWith("/") ? root : `${root}/`;
}
