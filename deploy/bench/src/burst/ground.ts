// What all contenders of a run share: one control plane that writes down every request, and a folder.

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ApiClient, type Cluster, isNotFound } from "@outboard/devcluster";
import { type AuditReader, openAuditLog } from "../audit-log.js";
import { clearFolder, startAuditedCluster } from "../rig.js";

export interface Ground extends AsyncDisposable {
  readonly folder: string;
  readonly cluster: Cluster;
  readonly api: ApiClient;
  /** All requests of one user so far. */
  requestsOf(user: string): AuditReader;
}

export interface GroundOptions {
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

export async function openGround(options: GroundOptions): Promise<Ground> {
  const folder = mkdtempSync(join(tmpdir(), "outboard-bench-"));
  const opened: AsyncDisposable[] = [];
  const close = async (): Promise<void> => {
    for (const part of opened.toReversed()) await part[Symbol.asyncDispose]();
    clearFolder(folder);
  };
  try {
    const { cluster, auditLog } = await startAuditedCluster(folder, opened, options);
    const requestsOf = (user: string): AuditReader => openAuditLog(auditLog, user);
    return { folder, cluster, api: cluster.api, requestsOf, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** So that the scheduler does not think of the node of an earlier turn. */
export async function forgetNode(api: ApiClient, name: string): Promise<void> {
  try {
    await api.delete(`/api/v1/nodes/${name}`);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
