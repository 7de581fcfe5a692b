/**
 * The shim: one per pod, started by the provider in a session (and, where allowed, in namespaces) of its own. It owns the
 * pod's processes, so that they outlive the provider, and keeps their exit codes. Its working directory is the pod's folder.
 */
import { existsSync } from "node:fs";
import { ShimServer } from "./server.js";
import { JOURNAL, Journal, SOCKET } from "./records.js";

/** A folder that is gone is noticed this late. Looked for, since watches are few: some systems allow 128 for each user. */
const LOOK_MS = 10_000;

process.umask(0o077);
for (const signal of ["SIGHUP", "SIGINT", "SIGPIPE"] as const) process.on(signal, () => undefined);
const server = new ShimServer(new Journal(JOURNAL), () => process.exit(0));
await server.listen(SOCKET);
const looking = setInterval(() => {
  if (existsSync(JOURNAL)) return;
  clearInterval(looking);
  void server.abandon();
}, LOOK_MS);
process.stdout.on("error", () => undefined);
process.stdout.write("ready\n");
