// The clients in other languages, made ready in the user's cache on first use: Python in a virtual environment, Go built.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Transport } from "../support/index.js";
import type { Client } from "./client.js";
import { cacheFolder, runClient, runStep, SOURCES } from "./program.js";

/** The package `kubernetes`. Rejects with the reason when it cannot be made ready here. */
export async function pythonClient(): Promise<Client> {
  const requirements = join(SOURCES, "python", "requirements.txt");
  const folder = cacheFolder(`python-${digestOf(requirements)}`);
  const python = join(folder, "bin", "python");
  const ready = join(folder, "ready");
  if (!existsSync(ready)) {
    await runStep(["python3", "-m", "venv", folder]);
    await runStep([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]);
    writeFileSync(ready, "");
  }
  const script = join(SOURCES, "python", "client.py");
  return { transport: "websocket", run: (task) => runClient([python, script], task) };
}

/** client-go over both of its transports. Rejects with the reason when it cannot be built here. */
export async function goClients(): Promise<readonly Client[]> {
  const source = join(SOURCES, "go");
  const folder = cacheFolder("go");
  mkdirSync(folder, { recursive: true });
  const program = join(folder, "client");
  await runStep(["go", "build", "-trimpath", "-o", program, "."], { cwd: source });
  const over = (transport: Transport): Client => ({
    transport,
    run: (task) => runClient([program], task, { TRANSPORT: transport }),
  });
  return [over("websocket"), over("spdy")];
}

function digestOf(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex").slice(0, 12);
}
