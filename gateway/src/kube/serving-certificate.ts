/**
 * The kubelet server's certificate from the cluster: a CertificateSigningRequest for kubernetes.io/kubelet-serving. Nobody in a
 * plain cluster approves those by itself, so this waits, up to 15 minutes.
 */
import { X509Certificate } from "node:crypto";
import type { Clock } from "../ports/clock.js";
import { ApiError } from "../ports/pods.js";
import { backoffMs } from "./backoff.js";
import type { KubeHttp } from "./http.js";
import { Priority } from "./limiter.js";
import { groupPath } from "./paths.js";

/** As in status.addresses of a Node. */
export interface NodeAddress {
  readonly type: string;
  readonly address: string;
}

export interface ServingRequest {
  readonly nodeName: string;
  /** At least one IP: the signer's approvers ask for it. */
  readonly addresses: readonly NodeAddress[];
  /** How long to wait for the certificate; default 15 min. */
  readonly waitMs?: number;
}

/** PEM texts. */
export interface ServingCertificate {
  readonly cert: string;
  readonly key: string;
  readonly notAfter: Date;
}

const GROUP = "certificates.k8s.io/v1";
const SIGNER = "kubernetes.io/kubelet-serving";
const WAIT_MS = 15 * 60_000;
const POLL = { firstMs: 500, longestMs: 5_000 } as const;

/** Rejects when the request was denied, failed, or was not answered in time. */
export async function requestServingCertificate(
  { http, clock }: { readonly http: KubeHttp; readonly clock: Clock },
  request: ServingRequest,
  signal: AbortSignal,
): Promise<ServingCertificate> {
  const { createServingRequest } = await import("./certificate-request.js");
  const pending = await createServingRequest(request.nodeName, request.addresses);
  const name = await submit(http, pending.request, signal);
  const deadline = clock.now() + (request.waitMs ?? WAIT_MS);
  for (let polls = 1; clock.now() < deadline; polls += 1) {
    const cert = await readIssued(http, name, signal);
    if (cert !== undefined) {
      return { cert, key: pending.key, notAfter: new X509Certificate(cert).validToDate };
    }
    await clock.sleep(backoffMs(POLL, polls, 1), signal);
  }
  throw new Error(`the CertificateSigningRequest ${name} was not approved in time; approve requests of ${SIGNER}`);
}

async function submit(http: KubeHttp, request: string, signal: AbortSignal): Promise<string> {
  const body = {
    apiVersion: GROUP,
    kind: "CertificateSigningRequest",
    metadata: { generateName: "csr-" },
    spec: {
      request: Buffer.from(request, "utf8").toString("base64"),
      signerName: SIGNER,
      usages: ["digital signature", "server auth"],
    },
  };
  const path = groupPath(GROUP, "certificatesigningrequests");
  const created = await http.json<SigningRequest>({ method: "POST", path, body, priority: Priority.inputs }, signal);
  return created.metadata.name;
}

/** undefined: not yet. */
async function readIssued(http: KubeHttp, name: string, signal: AbortSignal): Promise<string | undefined> {
  const path = groupPath(GROUP, "certificatesigningrequests", name);
  const found = await readThroughTrouble(http, path, signal);
  checkRefusal(name, found?.status?.conditions ?? []);
  const certificate = found?.status?.certificate;
  return certificate === undefined ? undefined : Buffer.from(certificate, "base64").toString("utf8");
}

function checkRefusal(name: string, conditions: readonly Condition[]): void {
  const refusal = conditions.find(({ type }) => type === "Denied" || type === "Failed");
  if (refusal !== undefined) {
    const why = refusal.message ?? refusal.reason ?? "no reason given";
    throw new Error(`the CertificateSigningRequest ${name} was answered with ${refusal.type}: ${why}`);
  }
}

/** An API server that is away for a moment does not end the wait; a request that is gone does. */
async function readThroughTrouble(
  http: KubeHttp,
  path: string,
  signal: AbortSignal,
): Promise<SigningRequest | undefined> {
  try {
    return await http.json<SigningRequest>({ method: "GET", path, priority: Priority.inputs }, signal);
  } catch (error) {
    if (error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500)) {
      return undefined;
    }
    throw error;
  }
}

interface SigningRequest {
  readonly metadata: { readonly name: string };
  readonly status?: {
    readonly certificate?: string;
    readonly conditions?: readonly Condition[];
  };
}

interface Condition {
  readonly type: string;
  readonly reason?: string;
  readonly message?: string;
}
