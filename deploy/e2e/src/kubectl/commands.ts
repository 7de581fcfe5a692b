// What each kubectl command has to do against a pod of the process provider. Each answers when it was right, and throws else.

import { nodeInPods } from "../support/node-in-pods.js";
import { createHash, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import {
  container,
  createPod,
  eventually,
  liveKubectl,
  type LiveKubectl,
  pod,
  podRunning,
  type Transport,
  type World,
} from "../support/index.js";
import type { StreamCommand } from "./transports.js";

/** One kubectl over one transport. */
export interface Call {
  readonly world: World;
  readonly program: string;
  readonly transport: Transport | "default";
}

/** A command of the table. */
export interface Command {
  readonly name: StreamCommand;
  readonly subresource: "exec" | "attach" | "portforward";
  run(call: Call): Promise<void>;
}

export const COMMANDS: readonly Command[] = [
  { name: "exec", subresource: "exec", run: exec },
  { name: "attach", subresource: "attach", run: attach },
  { name: "cp", subresource: "exec", run: copy },
  { name: "port-forward", subresource: "portforward", run: portForward },
  { name: "debug", subresource: "attach", run: debug },
];

const IN_PLAIN = ["exec", "plain", "--container=main"];
const COPY_BYTES = 5_000_000;
const SHELL = "outboard.test/shell:1";
/** Says its port, then gives back what it gets. */
const ECHO = [
  "const server = require('net').createServer((socket) => socket.pipe(socket));",
  "server.listen(0, '127.0.0.1', () => console.log('port', server.address().port, 'end'));",
].join("\n");

/** The pods that the commands work on. */
export async function createPods(world: World): Promise<void> {
  const reader = container("main", "while read line; do echo got $line; done; exec sleep 1000", { stdin: true });
  const echo = { ...container("main"), command: [nodeInPods(), "-e", ECHO] };
  const containers = { plain: container("main"), reader, echo };
  for (const [name, each] of Object.entries(containers)) {
    await createPod(world, pod(world, name, { spec: { containers: [each] } }));
  }
  for (const name of Object.keys(containers)) await podRunning(world, name);
}

function start({ world, program, transport }: Call, args: readonly string[]): LiveKubectl {
  return liveKubectl(world, args, { program, transport });
}

/** Standard input to its end, both outputs, and the exit code. */
async function exec(call: Call): Promise<void> {
  const text = randomBytes(20_000).toString("hex");
  const live = start(call, [...IN_PLAIN, "-i", "--", "sh", "-c", "cat; echo err >&2; exit 7"]);
  live.write(text);
  live.endInput();
  same("exit code", await live.exit, 7);
  same("output", live.text(), text);
  same("error output", live.errors().split("\n")[0], "err");
}

async function attach(call: Call): Promise<void> {
  const word = randomBytes(4).toString("hex");
  const live = start(call, ["attach", "-i", "reader"]);
  try {
    const answered = (): boolean => {
      live.write(`${word}\n`);
      return live.text().includes(`got ${word}`);
    };
    await eventually(answered, { message: `an answer over attach; ${live.errors()}`, timeoutMs: 20_000 });
  } finally {
    live.kill();
    await live.exit;
  }
}

/** Into the pod and back, with the checksum at each place. */
async function copy(call: Call): Promise<void> {
  const data = randomBytes(COPY_BYTES);
  const original = join(call.world.folder, "original");
  const back = join(call.world.folder, "back");
  await writeFile(original, data);
  const inPod = `${(await inPlain(call, ["mktemp", "-d"])).trim()}/copy`;
  await succeeds(start(call, ["cp", "--container=main", original, `plain:${inPod}`]));
  same("checksum in the pod", (await inPlain(call, ["sha256sum", inPod])).split(" ")[0], sha256(data));
  await succeeds(start(call, ["cp", "--container=main", `plain:${inPod}`, back]));
  same("checksum back", sha256(await readFile(back)), sha256(data));
  await inPlain(call, ["rm", "-r", dirname(inPod)]);
}

async function inPlain(call: Call, command: readonly string[]): Promise<string> {
  return succeeds(start(call, [...IN_PLAIN, "--", ...command]));
}

async function succeeds(live: LiveKubectl): Promise<string> {
  const code = await live.exit;
  same(`exit code (${live.errors()})`, code, 0);
  return live.text();
}

/** Where the server in the pod `echo` listens. */
export async function echoPort(world: World): Promise<number> {
  const said = async (): Promise<string | undefined> =>
    /port (\d+) end/.exec(await world.kubectl(["logs", "echo"]))?.[1];
  return Number(await eventually(said, { message: "the port of the server" }));
}

async function portForward(call: Call): Promise<void> {
  const port = await echoPort(call.world);
  const live = start(call, ["port-forward", "echo", `:${port}`]);
  try {
    await live.says("Forwarding from");
    const [, local = ""] = /127\.0\.0\.1:(\d+) ->/.exec(live.text()) ?? [];
    const sent = Array.from({ length: 3 }, () => randomBytes(200_000));
    const echoed = await Promise.all(sent.map((data) => echoOf(Number(local), data)));
    same("checksums", echoed.map(sha256).join(), sent.map(sha256).join());
  } finally {
    live.kill();
    await live.exit;
  }
}

/** An ephemeral container: made, started, attached to, and written to. */
async function debug(call: Call): Promise<void> {
  const word = randomBytes(4).toString("hex");
  const name = `debug-${word}`;
  const script = "read line; echo got $line; sleep 1";
  const args = ["debug", "-i", "plain", `--image=${SHELL}`, `--container=${name}`, "--", "sh", "-c", script];
  const live = start(call, args);
  live.write(`${word}\n`);
  await live.says(`got ${word}`).finally(() => live.kill());
  await live.exit;
}

/** Each line as it comes, to the container's end. */
export async function followLogs({ world, program }: Omit<Call, "transport">): Promise<void> {
  const name = `lines-${randomBytes(4).toString("hex")}`;
  const containers = [container("main", "echo one; sleep 2; echo two")];
  await createPod(world, pod(world, name, { spec: { containers, restartPolicy: "Never" } }));
  await podRunning(world, name);
  const live = liveKubectl(world, ["logs", "-f", name], { program });
  await live.says("one\n");
  same("lines before the end", live.text(), "one\n");
  same("exit code", await live.exit, 0);
  same("lines", live.text(), "one\ntwo\n");
}

async function echoOf(port: number, data: Buffer): Promise<Buffer> {
  const socket = connect(port, "127.0.0.1");
  socket.end(data);
  const pieces: Buffer[] = [];
  for await (const piece of socket) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

function sha256(data: Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

function same(what: string, found: unknown, wanted: unknown): void {
  if (found === wanted) return;
  const short = (value: unknown): string => JSON.stringify(value).slice(0, 200);
  throw new Error(`${what}: ${short(found)}, not ${short(wanted)}`);
}
