/** Answers, with the headers that the kubelet's libraries give them. */
import type { ServerResponse } from "node:http";
import { setImmediate as othersTurn } from "node:timers/promises";
import { settled } from "./streaming/waiting.js";

const TEXT = "text/plain; charset=utf-8";

/** A text as Go's http.Error writes it: with a newline, not to be sniffed. */
export function replyError(response: ServerResponse, status: number, text: string): void {
  send(response, status, { "Content-Type": TEXT, "X-Content-Type-Options": "nosniff" }, `${text}\n`);
}

/** A text as it is. */
export function replyText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  send(response, status, { "Content-Type": TEXT, ...headers }, text);
}

/** A JSON value. */
export function replyJson(
  response: ServerResponse,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  send(response, 200, { "Content-Type": "application/json", ...headers }, JSON.stringify(value));
}

/** Characters that are sent at once. What is shorter goes as a whole, with its length, as Go's server does it. */
const PIECE = 65_536;

/**
 * A text of any size, made while it is sent: everything else has its turn between the pieces. Ends early when the client has
 * left.
 */
export async function replyPieces(
  response: ServerResponse,
  pieces: Iterable<string>,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  let text = "";
  for (const piece of pieces) {
    text += piece;
    if (text.length < PIECE) continue;
    if (response.destroyed) return;
    if (!response.headersSent) response.writeHead(200, headers);
    if (!response.write(text)) await settled(response, ["drain", "close"]);
    await othersTurn();
    text = "";
  }
  if (response.headersSent) response.end(text);
  else send(response, 200, { ...headers }, text);
}

/** A JSON text with a list in it, which may be long: `before`, the items, `after`. */
export async function replyJsonList(
  response: ServerResponse,
  list: { readonly before: string; readonly items: Iterable<object>; readonly after: string },
): Promise<void> {
  await replyPieces(response, jsonList(list), { "Content-Type": "application/json" });
}

function* jsonList({ before, items, after }: Parameters<typeof replyJsonList>[1]): Generator<string> {
  yield before;
  let comma = "";
  for (const item of items) {
    yield comma + JSON.stringify(item);
    comma = ",";
  }
  yield after;
}

/** A redirect as Go's ServeMux makes it: a page for GET, a bare header for HEAD, nothing for others. */
export function replyRedirect(response: ServerResponse, method: string, location: string): void {
  const headers: Record<string, string> = { Location: location };
  const page = method === "GET" || method === "HEAD";
  if (page) headers["Content-Type"] = "text/html; charset=utf-8";
  send(response, 307, headers, page ? `<a href="${escapeHtml(location)}">Temporary Redirect</a>.\n\n` : "");
}

function send(response: ServerResponse, status: number, headers: Record<string, string>, body: string): void {
  response.writeHead(status, { ...headers, "Content-Length": String(Buffer.byteLength(body)) });
  response.end(body);
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
