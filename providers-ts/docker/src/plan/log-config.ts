/**
 * What the engine keeps of outputs until we have written the log file; also what a log may lose while the provider is away.
 * Docker's files of JSON replace bytes that are no UTF-8, its own format does not; podman knows that format by no name and
 * keeps all bytes in any.
 */
export function logConfig(isPodman: boolean): unknown {
  return { Type: isPodman ? "json-file" : "local", Config: { "max-size": "10m", "max-file": "5" } };
}
