/** One GET of a probe or hook: the kubelet's headers, redirects within the host, TLS without checks, 10 KiB of body. */
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP } from "node:net";
import type { HttpGetManifest } from "../manifest.js";
import { type Address, hostPort, networkError } from "./network-error.js";

const LONGEST_BODY_BYTES = 10 * 1024;
const MOST_REDIRECTS = 10;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
const RELEASE = "1.37";

/** Who asks: it shows in the User-Agent. */
export type Purpose = "probe" | "lifecycle";

/** What came back, after redirects. */
export interface GetAnswer {
  readonly status: number;
  readonly body: string;
}

/** No answer; the message is the kubelet's. */
export class GetError extends Error {
  override readonly name = "GetError";
}

/** Asks. Rejects with a GetError; its cause is the network's own error. */
export async function httpGet(
  get: HttpGetManifest,
  address: Address,
  purpose: Purpose,
  signal: AbortSignal,
): Promise<GetAnswer> {
  const headers = headersOf(get, purpose);
  let url = firstUrl(get, address);
  for (let followed = 0; ; followed += 1) {
    const answer = await askOnce(url, headers, signal);
    const next = redirectOf(answer, url);
    if (next === undefined || next.hostname !== url.hostname) return { status: answer.status, body: answer.body };
    if (followed + 1 >= MOST_REDIRECTS) throw new GetError(`Get "${next.href}": stopped after 10 redirects`);
    url = next;
  }
}

function firstUrl(get: HttpGetManifest, address: Address): URL {
  const path = get.path ?? "/";
  const scheme = (get.scheme ?? "HTTP").toLowerCase();
  return new URL(`${scheme}://${hostPort(address)}${path.startsWith("/") ? path : `/${path}`}`);
}

/** The probe's own headers, and those of the kubelet that it does not set; an empty one is not sent. */
function headersOf(get: HttpGetManifest, purpose: Purpose): Readonly<Record<string, readonly string[]>> {
  const headers: Record<string, string[]> = {};
  for (const { name, value } of get.httpHeaders ?? []) (headers[name.toLowerCase()] ??= []).push(value);
  headers["user-agent"] ??= [`kube-${purpose}/${RELEASE}`];
  headers["accept"] ??= ["*/*"];
  headers["connection"] ??= ["close"];
  return Object.fromEntries(Object.entries(headers).filter(([, values]) => values[0] !== ""));
}

interface OneAnswer extends GetAnswer {
  readonly location: string | undefined;
}

function redirectOf({ status, location }: OneAnswer, from: URL): URL | undefined {
  return REDIRECTS.includes(status) && location !== undefined ? new URL(location, from) : undefined;
}

async function askOnce(
  url: URL,
  headers: Readonly<Record<string, readonly string[]>>,
  signal: AbortSignal,
): Promise<OneAnswer> {
  const isTls = url.protocol === "https:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port === "" ? (isTls ? 443 : 80) : Number(url.port);
  let isConnected = false;
  try {
    return await new Promise((resolve, reject) => {
      const request = (isTls ? requestHttps : requestHttp)(
        {
          host,
          port,
          path: `${url.pathname}${url.search}`,
          headers: sendable(headers),
          signal,
          agent: false,
          rejectUnauthorized: false,
          servername: isIP(host) === 0 ? host : "",
        },
        (response) => void readAnswer(response).then(resolve, reject),
      );
      request.on("socket", (socket) => socket.on("connect", () => (isConnected = true)));
      request.on("error", reject);
      request.end();
    });
  } catch (cause) {
    const text = signal.aborted ? timeoutText(isConnected, { host, port }) : networkError(cause, { host, port });
    throw new GetError(`Get "${shownUrl(url)}": ${text}`, { cause });
  }
}

/** A header that stands once as text: Node takes lists of some names for a mistake. */
function sendable(headers: Readonly<Record<string, readonly string[]>>): Record<string, string | string[]> {
  const entries = Object.entries(headers).map(([name, values]): [string, string | string[]] => [
    name,
    values.length === 1 ? (values[0] ?? "") : [...values],
  ]);
  return Object.fromEntries(entries);
}

/** URL leaves out the ports that a scheme has anyway; Go does not. */
function shownUrl(url: URL): string {
  if (url.port !== "") return url.href;
  const port = url.protocol === "https:" ? 443 : 80;
  return `${url.protocol}//${url.hostname}:${port}${url.pathname}${url.search}`;
}

function timeoutText(isConnected: boolean, address: Address): string {
  const what = isConnected ? "context deadline exceeded" : `dial tcp ${hostPort(address)}: i/o timeout`;
  return `${what} (Client.Timeout exceeded while awaiting headers)`;
}

async function readAnswer(response: IncomingMessage): Promise<OneAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= LONGEST_BODY_BYTES) break;
  }
  response.destroy();
  const body = Buffer.concat(chunks).subarray(0, LONGEST_BODY_BYTES).toString("utf8");
  return { status: response.statusCode ?? 0, body, location: response.headers.location };
}
