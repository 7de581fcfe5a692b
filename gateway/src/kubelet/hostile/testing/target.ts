/** A gateway process under attack: standalone, with a memory provider and one running pod `default/p`, container `c`. */
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { BINARIES, Program } from "../../../testing/program.js";
import { createTempFolder } from "../../../testing/temp-folder.js";
import { type Identity, createAuthority, createClient, createServing } from "../../testing/pki.js";
import { connectInspector, type LiveMemory } from "./inspector.js";

/** The process and what an attack may have done to it. */
export interface Target extends AsyncDisposable {
  readonly pki: { readonly authority: Identity; readonly admin: Identity };
  readonly subject: { readonly port: number };
  /** Throws, with what it said, unless it runs. */
  expectAlive(): void;
  /** After a full collection of garbage. */
  liveMemory(): Promise<LiveMemory>;
  /** Open sockets of the process. */
  sockets(): number;
  /** Streams to the provider. */
  openStreams(): Promise<number>;
}

const POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}\n";

/** Starts it and waits until the pod runs. */
export async function startTarget(): Promise<Target> {
  const folder = createTempFolder();
  const authority = await createAuthority("hostile-ca");
  const pki = { authority, admin: await createClient(authority, "admin") };
  const serving = await createServing(authority);
  writeFileSync(folder.at("ca.crt"), authority.cert);
  writeFileSync(folder.at("tls.crt"), serving.cert);
  writeFileSync(folder.at("tls.key"), serving.key);
  mkdirSync(folder.at("pods"));
  writeFileSync(folder.at("pods/p.yaml"), POD);
  const provider = new Program(BINARIES.memory, ["--listen", `unix://${folder.at("p.sock")}`]);
  await provider.until(() => existsSync(folder.at("p.sock")), "the provider listens");
  const gateway = startGateway(folder.at.bind(folder));
  const ports = folder.at("state/ports.json");
  await gateway.until(() => existsSync(ports) && gateway.stdout.includes("Running"), "the pod runs");
  const { kubelet, management } = JSON.parse(readFileSync(ports, "utf8")) as { kubelet: number; management: number };
  const inspector = await connectInspector(/ws:\S+/.exec(gateway.stderr)?.[0] ?? "");
  let exit: number | NodeJS.Signals | undefined;
  void gateway.exit().then((code) => (exit = code));
  return {
    pki,
    subject: { port: kubelet },
    expectAlive: () => {
      if (exit !== undefined) throw new Error(`the gateway ended with ${exit}:\n${gateway.stderr.slice(-3000)}`);
    },
    liveMemory: () => inspector.liveMemory(),
    sockets: () => socketsOf(gateway.pid),
    openStreams: async () => {
      const text = await (
        await fetch(`http://127.0.0.1:${management}/metrics`, { headers: { connection: "close" } })
      ).text();
      const counts = [...text.matchAll(/^outboard_kubelet_open_streams\{.*\} (\d+)$/gm)];
      return counts.reduce((sum, [, count]) => sum + Number(count), 0);
    },
    async [Symbol.asyncDispose]() {
      inspector[Symbol.dispose]();
      await gateway[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

function startGateway(at: (name: string) => string): Program {
  const args = [
    ["--provider", `unix://${at("p.sock")}`],
    ["--manifests", at("pods")],
    ["--state", at("state")],
    ["--client-ca", at("ca.crt")],
    ["--tls-cert", at("tls.crt")],
    ["--tls-key", at("tls.key")],
    ["--kubelet-port", "0"],
    ["--management-port", "0"],
  ].flat();
  return new Program(BINARIES.outboard, ["standalone", ...args], { NODE_OPTIONS: "--inspect=127.0.0.1:0" });
}

function socketsOf(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((name) => {
    try {
      return readlinkSync(`${folder}/${name}`).startsWith("socket:");
    } catch {
      return false; // closed meanwhile
    }
  }).length;
}
