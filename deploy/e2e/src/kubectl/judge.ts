// The tests of one kubectl: every command over every transport that it knows, with the transport proven.

import { join } from "node:path";
import { type Cluster, startCluster } from "@outboard/devcluster";
import { startWorld, type Transport, type World } from "../support/index.js";
import { type Command, COMMANDS, createPods, followLogs } from "./commands.js";
import { expectTransport, markLogs } from "./arrivals.js";
import { canSpeak, defaultTransport } from "./transports.js";
import type { ResultTable } from "./table.js";

/** A world with the pods that the commands work on. */
export interface Stage extends AsyncDisposable {
  readonly world: World;
  /** Where the API server says which requests came; absent: it does not. */
  readonly auditLog?: string;
}

const TRANSPORTS: readonly Transport[] = ["spdy", "websocket"];

/** A stage on a cluster of its own, with an audit log. */
export async function openAuditedStage(folder: string): Promise<Stage> {
  const auditLog = join(folder, "audit.log");
  const cluster = await startCluster({ auditLog, report: (line) => console.error(`    ${line}`) });
  try {
    const stage = await openStage(cluster);
    const close = async (): Promise<void> => {
      await stage[Symbol.asyncDispose]();
      await cluster[Symbol.asyncDispose]();
    };
    return { ...stage, auditLog, [Symbol.asyncDispose]: close };
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

/** A stage on a cluster of others. */
export async function openStage(cluster: Cluster): Promise<Stage> {
  const world = await startWorld({ provider: "process", cluster, isLasting: true });
  await createPods(world);
  return { world, [Symbol.asyncDispose]: async () => world[Symbol.asyncDispose]() };
}

/** A kubectl to judge. */
export interface Candidate {
  readonly version: string;
  readonly minor: number;
  /** Known once the tests run. */
  readonly program: () => string;
}

/** Defines one mocha test per cell; each writes its outcome into the table. */
export function judgeRelease(release: Candidate, stage: () => Stage, table: ResultTable): void {
  for (const transport of TRANSPORTS) {
    const commands = COMMANDS.filter(({ name }) => canSpeak(release.minor, name, transport));
    const row = `${release.version} ${transport}`;
    for (const command of commands) {
      const cell = async (): Promise<string> => runOver(stage(), { release, command, transport });
      it(`${command.name} over ${transport}`, async () => fill(table, row, command.name, cell));
    }
  }
  for (const command of COMMANDS) {
    const transport = defaultTransport(release.minor, command.name);
    const cell = async (): Promise<string> => runOver(stage(), { release, command, transport, isDefault: true });
    it(`${command.name} as it chooses, over ${transport}`, async () =>
      fill(table, `${release.version} default`, command.name, cell));
  }
  it("logs -f", async () =>
    fill(table, `${release.version} spdy`, "logs -f", async () => {
      await followLogs({ world: stage().world, program: release.program() });
      return "http";
    }));
}

interface Cell {
  readonly release: Candidate;
  readonly command: Command;
  /** What it must come over. */
  readonly transport: Transport;
  /** It is not told what to speak. */
  readonly isDefault?: boolean;
}

async function runOver(
  { world, auditLog }: Stage,
  { release, command, transport, isDefault = false }: Cell,
): Promise<string> {
  const mark = markLogs(world, auditLog);
  await command.run({ world, program: release.program(), transport: isDefault ? "default" : transport });
  await expectTransport(world, mark, command.subresource, transport);
  return transport;
}

async function fill(table: ResultTable, row: string, column: string, cell: () => Promise<string>): Promise<void> {
  table.set(row, column, "FAILED");
  table.set(row, column, `ok ${await cell()}`);
}
