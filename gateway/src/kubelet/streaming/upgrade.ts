/** What an upgrade request asks for, and the answers before the 101: as the kubelet gives them. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { replyError, replyText } from "../reply.js";

/** How the caller wants to go on. */
export type UpgradeKind = "none" | "spdy" | "websocket" | "other";

const PROTOCOL_HEADER = "x-stream-protocol-version";

/** What the request asks for. */
export function upgradeKind(request: IncomingMessage): UpgradeKind {
  const upgrade = request.headers.upgrade?.toLowerCase();
  if (upgrade === undefined) return "none";
  if (upgrade === "websocket") return "websocket";
  return upgrade === "spdy/3.1" ? "spdy" : "other";
}

/** The first protocol of the caller's list that `known` has; undefined: the caller got its refusal. */
export function negotiate(
  request: IncomingMessage,
  response: ServerResponse,
  known: readonly string[],
): string | undefined {
  const offered = listOf(request.headers[PROTOCOL_HEADER]);
  if (offered.length === 0) {
    const count = Object.keys(request.headers).length;
    const text = `unable to upgrade: header X-Stream-Protocol-Version does not exist in request with ${count} headers`;
    replyError(response, 400, text);
    return undefined;
  }
  const chosen = offered.find((protocol) => known.includes(protocol));
  if (chosen !== undefined) return chosen;
  response.setHeader("X-Accepted-Stream-Protocol-Versions", [...known]);
  const reason = `client supports [${offered.join(" ")}], server accepts [${known.join(" ")}]`;
  replyError(response, 403, `unable to upgrade: unable to negotiate protocol: ${reason}`);
  return undefined;
}

/** The answer to a request that is not an upgrade, or to something unknown. */
export function refuseUpgrade(response: ServerResponse, kind: "none" | "other"): void {
  if (kind === "none") replyError(response, 500, "Upgrade request required");
  else replyText(response, 400, "unable to upgrade: missing upgrade headers in request");
}

/** The head of the answer that switches to SPDY. */
export function spdySwitch(protocol: string): string {
  const lines = ["HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: SPDY/3.1"];
  return [...lines, `X-Stream-Protocol-Version: ${protocol}`, "", ""].join("\r\n");
}

/** The values of a header that may be a list. */
export function listOf(value: string | readonly string[] | undefined): readonly string[] {
  return (typeof value === "string" ? [value] : (value ?? []))
    .flatMap((each) => each.split(","))
    .map((each) => each.trim())
    .filter((each) => each !== "");
}
