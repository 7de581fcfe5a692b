/**
 * Keys and requests for the kubelet server's certificate: ECDSA P-256, in memory only. The request (RFC 2986) is written by
 * ourselves: a library for X.509 would be 230 modules and 5 MiB that stay resident, for a few lines once a year.
 */
import { generateKeyPair, type KeyObject, sign } from "node:crypto";
import { isIP, isIPv4 } from "node:net";
import { promisify } from "node:util";
import {
  bitString,
  implicitParts,
  implicitValue,
  objectId,
  octetString,
  sequence,
  setOf,
  smallInteger,
  utf8String,
} from "./der.js";
import type { NodeAddress } from "./serving-certificate.js";

const ORGANIZATION = "2.5.4.10";
const COMMON_NAME = "2.5.4.3";
const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";
const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
/** Tags of GeneralName. */
const DNS_NAME = 2;
const IP_ADDRESS = 7;

const generate = promisify(generateKeyPair);

/** PEM texts. */
export interface PendingRequest {
  readonly request: string;
  readonly key: string;
}

/** A request as the signer kubernetes.io/kubelet-serving takes it. */
export async function createServingRequest(
  nodeName: string,
  addresses: readonly NodeAddress[],
): Promise<PendingRequest> {
  const { publicKey, privateKey } = await generate("ec", { namedCurve: "P-256" });
  const info = requestInfo(nodeName, addresses, publicKey);
  const signature = sign("sha256", info, privateKey);
  const request = sequence(info, sequence(objectId(ECDSA_WITH_SHA256)), bitString(signature));
  return {
    request: toPem("CERTIFICATE REQUEST", request),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function requestInfo(nodeName: string, addresses: readonly NodeAddress[], publicKey: KeyObject): Buffer {
  const subject = sequence(nameOf(ORGANIZATION, "system:nodes"), nameOf(COMMON_NAME, `system:node:${nodeName}`));
  const names = octetString(sequence(...alternativeNames(addresses)));
  const extensions = sequence(sequence(objectId(SUBJECT_ALTERNATIVE_NAME), names));
  return sequence(
    smallInteger(0),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    implicitParts(0, sequence(objectId(EXTENSION_REQUEST), setOf(extensions))),
  );
}

function nameOf(type: string, value: string): Buffer {
  return setOf(sequence(objectId(type), utf8String(value)));
}

/** DNS names, then IPs of node addresses, sorted, each once. */
function alternativeNames(addresses: readonly NodeAddress[]): readonly Buffer[] {
  const values = [...new Set(addresses.map(({ address }) => address))].filter((value) => value !== "").toSorted();
  const ips = values.filter((value) => isIP(value) !== 0);
  const names = values.filter((value) => isIP(value) === 0);
  return [
    ...names.map((name) => implicitValue(DNS_NAME, Buffer.from(name))),
    ...ips.map((ip) => implicitValue(IP_ADDRESS, bytesOf(ip))),
  ];
}

function bytesOf(ip: string): Uint8Array {
  if (isIPv4(ip)) return Uint8Array.from(ip.split(".").map(Number));
  // A URL has one way to write an address: groups of 16 bits, at most one "::". A zone is no part of the address.
  const text = new URL(`http://[${ip.replace(/%.*$/u, "")}]`).hostname.slice(1, -1);
  const [before = [], after = []] = text.split("::").map((part) => part.split(":").filter((group) => group !== ""));
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  const groups = [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function toPem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/gu) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
