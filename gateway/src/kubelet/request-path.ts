/** The path of a request: decoded once, for authorization and routing alike, so that both always mean the same thing. */

/** A request target taken apart. */
export type RequestPath =
  | { readonly kind: "path"; readonly path: string; readonly query: string }
  /** Not in its shortest form (// or . or ..): the client is sent there. */
  | { readonly kind: "unclean"; readonly location: string }
  | { readonly kind: "malformed" };

/** Reads the target of a request line. Absolute targets keep their path only. */
export function parseTarget(target: string): RequestPath {
  const { rawPath, query } = split(target.replace(/^https?:\/\/[^/?#]*/i, ""));
  if (!rawPath.startsWith("/")) return { kind: "malformed" };
  const clean = cleanPath(rawPath);
  if (clean !== rawPath) return { kind: "unclean", location: query === "" ? clean : `${clean}?${query}` };
  try {
    return { kind: "path", path: decodeURIComponent(rawPath), query };
  } catch {
    return { kind: "malformed" };
  }
}

/** The shortest equal path; a slash at the end stays. Works on the text as sent, so %2e and %2f are ordinary characters. */
export function cleanPath(path: string): string {
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") kept.pop();
    else if (part !== "" && part !== ".") kept.push(part);
  }
  const clean = `/${kept.join("/")}`;
  return clean !== "/" && path.endsWith("/") ? `${clean}/` : clean;
}

function split(target: string): { rawPath: string; query: string } {
  const bare = target.split("#", 1)[0] ?? "";
  const mark = bare.indexOf("?");
  if (mark < 0) return { rawPath: bare, query: "" };
  return { rawPath: bare.slice(0, mark), query: bare.slice(mark + 1) };
}
