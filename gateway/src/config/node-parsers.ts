/** Parsers for what Kubernetes spells in its own way: node names, taints, addresses. */
import { isIP } from "node:net";
import { mapOf, type Parser } from "./setting.js";

/** A taint of a Node. */
export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: string;
}

/** An address of a Node. */
export interface NodeAddress {
  readonly type: string;
  readonly address: string;
}

const ADDRESS_TYPES = ["InternalIP", "ExternalIP", "Hostname", "InternalDNS", "ExternalDNS"];
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const TAINT = /^([^=:]+)(?:=([^:]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/;

/** A DNS subdomain of at most 253 characters. */
export const nodeName: Parser<string> = (raw) =>
  typeof raw === "string" && raw.length <= 253 && DNS_SUBDOMAIN.test(raw)
    ? { value: raw }
    : { problem: "must be a DNS subdomain: lower-case letters, digits, '-' and '.'" };

/** key[=value]:Effect. */
export const taint: Parser<Taint> = (raw) => {
  const match = typeof raw === "string" ? TAINT.exec(raw) : null;
  const [, key, value, effect] = match ?? [];
  if (key === undefined || effect === undefined) {
    return { problem: "must be KEY[=VALUE]:EFFECT with effect NoSchedule, PreferNoSchedule or NoExecute" };
  }
  return { value: { key, value: value ?? "", effect } };
};

/** TYPE=ADDRESS. */
export const nodeAddress: Parser<NodeAddress> = (raw) => {
  const [type = "", address = ""] = typeof raw === "string" ? raw.split("=", 2) : [];
  if (!ADDRESS_TYPES.includes(type) || address === "")
    return { problem: `must be TYPE=ADDRESS with type ${ADDRESS_TYPES.join(", ")}` };
  if (type.endsWith("IP") && isIP(address) === 0) return { problem: "must hold an IP address" };
  return { value: { type, address } };
};

/** An IP address, version 4 or 6. */
export const ipAddress: Parser<string> = (raw) =>
  typeof raw === "string" && isIP(raw) !== 0 ? { value: raw } : { problem: "must be an IP address" };

const NAME = /^[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/;

/** Labels: [PREFIX/]NAME=VALUE. */
export const labels: Parser<Readonly<Record<string, string>>> = mapOf((key, value) => {
  const isValue = value === "" || NAME.test(value);
  return isQualifiedName(key) && isValue ? undefined : "is no label: [PREFIX/]NAME=VALUE, name and value at most 63";
});

/** Annotations: [PREFIX/]NAME=VALUE, any value. */
export const annotations: Parser<Readonly<Record<string, string>>> = mapOf((key) =>
  isQualifiedName(key) ? undefined : "is no annotation: its key must be [PREFIX/]NAME",
);

function isQualifiedName(key: string): boolean {
  const [name = "", prefix, ...rest] = key.split("/").toReversed();
  const isPrefix = prefix === undefined || (prefix.length <= 253 && DNS_SUBDOMAIN.test(prefix));
  return rest.length === 0 && isPrefix && NAME.test(name);
}
