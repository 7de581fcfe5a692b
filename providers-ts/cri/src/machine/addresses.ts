/** Addresses of the host that others can reach. */
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";

/** The one behind the default route; loopback only where there is no other. */
export function hostAddresses(): readonly string[] {
  const all = Object.entries(networkInterfaces()).flatMap(([name, list]) =>
    (list ?? []).map((one) => ({ ...one, name })),
  );
  const usable = all.filter(({ family, internal }) => family === "IPv4" && !internal);
  const outward = defaultInterface(readRoutes());
  const best = usable.find(({ name }) => name === outward) ?? usable[0];
  return [best?.address ?? "127.0.0.1"];
}

/** Name of the interface of the default route, from /proc/net/route. */
export function defaultInterface(routes: string): string | undefined {
  const lines = routes.split("\n").map((line) => line.split("\t"));
  return lines.find(([, target, , , , , , mask]) => target === "00000000" && mask === "00000000")?.[0];
}

function readRoutes(): string {
  try {
    return readFileSync("/proc/net/route", "utf8");
  } catch {
    return "";
  }
}
