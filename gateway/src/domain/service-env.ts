/** Variables that tell containers where services are. */
import type { Service } from "./kubernetes.js";
import { compareText } from "./text.js";

/** default/kubernetes always; those of the namespace if links are on, a service named kubernetes instead of the former. */
export function serviceEnv(
  services: readonly Service[],
  namespace: string,
  enableServiceLinks: boolean,
): ReadonlyMap<string, string> {
  const chosen = new Map<string, Service>();
  for (const service of services) {
    const { name = "", namespace: own } = service.metadata ?? {};
    if (!hasAddress(service)) continue;
    if (own === "default" && name === "kubernetes") {
      if (!chosen.has(name)) chosen.set(name, service);
    } else if (own === namespace && enableServiceLinks) chosen.set(name, service);
  }
  const sorted = [...chosen].toSorted(([a], [b]) => compareText(a, b));
  return new Map(sorted.flatMap(([name, service]) => variables(name, service)));
}

type Port = NonNullable<NonNullable<Service["spec"]>["ports"]>[number];

function hasAddress(service: Service): boolean {
  const ip = service.spec?.clusterIP ?? "";
  return ip !== "" && ip !== "None" && (service.spec?.ports ?? []).length > 0;
}

function variables(name: string, service: Service): readonly (readonly [string, string])[] {
  const prefix = variableName(name);
  const ip = service.spec?.clusterIP ?? "";
  const ports = service.spec?.ports ?? [];
  const first = ports[0];
  if (first === undefined) return [];
  return [
    [`${prefix}_SERVICE_HOST`, ip],
    [`${prefix}_SERVICE_PORT`, String(first.port)],
    ...ports.flatMap((port): readonly (readonly [string, string])[] =>
      port.name === undefined || port.name === ""
        ? []
        : [[`${prefix}_SERVICE_PORT_${variableName(port.name)}`, String(port.port)]],
    ),
    [`${prefix}_PORT`, url(ip, first)],
    ...ports.flatMap((port) => links(prefix, ip, port)),
  ];
}

function links(prefix: string, ip: string, port: Port): readonly (readonly [string, string])[] {
  const protocol = port.protocol || "TCP";
  const name = `${prefix}_PORT_${port.port}_${protocol.toUpperCase()}`;
  return [
    [name, url(ip, port)],
    [`${name}_PROTO`, protocol.toLowerCase()],
    [`${name}_PORT`, String(port.port)],
    [`${name}_ADDR`, ip],
  ];
}

function url(ip: string, port: Port): string {
  const host = ip.includes(":") ? `[${ip}]` : ip;
  return `${(port.protocol || "TCP").toLowerCase()}://${host}:${port.port}`;
}

function variableName(name: string): string {
  return name.replaceAll("-", "_").toUpperCase();
}
