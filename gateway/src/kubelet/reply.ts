/** Whole answers, with the headers that the kubelet's libraries give them. */
import type { ServerResponse } from "node:http";

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
