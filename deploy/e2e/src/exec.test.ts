import { nodeInPods } from "./support/node-in-pods.js";
import { createHash, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import {
  container,
  createPod,
  eventually,
  liveKubectl,
  type LiveKubectl,
  type LiveOptions,
  pod,
  podRunning,
  startWorld,
  type Transport,
  useCluster,
  type World,
} from "./support/index.js";

const TRANSPORTS: readonly Transport[] = ["websocket", "spdy"];
const CI_BYTES = 20_000_000;
/** For longer runs by hand. */
const COPY_BYTES = Number(process.env["E2E_COPY_BYTES"] ?? CI_BYTES);
const CONNECTIONS = Number(process.env["E2E_CONNECTIONS"] ?? 30);

function sha256(data: Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

async function worldWithPod(more: object = {}): Promise<World> {
  const world = await startWorld({ provider: "process" });
  await createPod(world, pod(world, "p", { spec: { containers: [container("main", undefined, more)] } }));
  await podRunning(world, "p");
  return world;
}

function exec(world: World, flags: readonly string[], script: string, options: LiveOptions = {}): LiveKubectl {
  return liveKubectl(world, ["exec", ...flags, "p", "--", "sh", "-c", script], options);
}

/** A line of the gateway's log. A WebSocket arrives as GET, SPDY as POST; a silent fallback would stay unseen without this. */
function arrivedOver(transport: Transport, route: string): RegExp {
  const method = transport === "websocket" ? "GET" : "POST";
  return new RegExp(`"method":"${method}","path":"/${route}/[^"]*","code":101`);
}

/** The port on which a kubectl port-forward listens. */
async function localPort(forward: LiveKubectl): Promise<number> {
  await forward.says("Forwarding from 127.0.0.1");
  return Number(/127\.0\.0\.1:(\d+) ->/.exec(forward.text())?.[1]);
}

/** Sends a text, ends its direction and answers what comes back until the other end. */
async function talk(port: number, text: string): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.end(text);
  let answer = "";
  for await (const bytes of socket) answer += String(bytes);
  return answer;
}

describe("kubectl exec", () => {
  useCluster();

  it("gives back both outputs and the exit code", async () => {
    await using world = await worldWithPod();
    for (const transport of TRANSPORTS) {
      const failing = exec(world, [], "echo out; echo err >&2; exit 7", { transport });
      expect(await failing.exit, transport).to.equal(7);
      expect(failing.text()).to.equal("out\n");
      expect(failing.errors()).to.equal("err\ncommand terminated with exit code 7\n");
      const good = exec(world, [], "true", { transport });
      expect([await good.exit, good.text(), good.errors()], transport).to.deep.equal([0, "", ""]);
      expect(world.gateway.log(), transport).to.match(arrivedOver(transport, "exec"));
    }
  });

  it("carries megabytes both ways and ends with standard input", async () => {
    await using world = await worldWithPod();
    const data = randomBytes(5_000_000);
    for (const transport of TRANSPORTS) {
      const cat = exec(world, ["-i"], "cat", { transport });
      cat.write(data);
      cat.endInput();
      expect(await cat.exit, cat.errors()).to.equal(0);
      expect(sha256(cat.output()), transport).to.equal(sha256(data));
      const leaves = exec(world, ["-i"], "exit 4", { transport });
      leaves.write(data);
      leaves.endInput();
      expect(await leaves.exit, transport).to.equal(4);
    }
  });

  it("loses nothing of a large output", async () => {
    await using world = await worldWithPod();
    for (const transport of TRANSPORTS) {
      const large = exec(world, [], `head -c ${CI_BYTES} /dev/zero | tr '\\0' x; echo end >&2`, { transport });
      expect(await large.exit, large.errors()).to.equal(0);
      expect(large.output().length, transport).to.equal(CI_BYTES);
      expect(large.errors()).to.equal("end\n");
    }
  });

  it("gives a terminal its size, and each new one", async () => {
    await using world = await worldWithPod();
    for (const transport of TRANSPORTS) {
      const terminal = "stty rows 30 cols 100; (sleep 2; stty rows 41 cols 133 < /dev/tty) & stty -echo";
      const tty = exec(world, ["-it"], "test -t 0 && stty size; sleep 4; stty size; exit 3", { transport, terminal });
      expect(await tty.exit, tty.text()).to.equal(3);
      expect(tty.text(), transport).to.match(/30 100\r\n(.*\r\n)*41 133\r\n/);
    }
  });

  it("says why a command cannot be started", async () => {
    await using world = await worldWithPod();
    for (const transport of TRANSPORTS) {
      const missing = liveKubectl(world, ["exec", "p", "--", "no-such-command"], { transport });
      expect(await missing.exit, transport).to.not.equal(0);
      expect(missing.errors()).to.contain("no-such-command");
    }
  });

  it("is noticed by the pod when it is killed", async () => {
    await using world = await worldWithPod();
    for (const transport of TRANSPORTS) {
      const lost = exec(world, [], "echo pid $$ .; exec sleep 1000", { transport });
      await lost.says(" .");
      const [, pid = ""] = /pid (\d+)/.exec(lost.text()) ?? [];
      const isAlive = async (): Promise<boolean> =>
        (await world.tryKubectl(["exec", "p", "--", "sh", "-c", `kill -0 ${pid}`])).code === 0;
      expect(await isAlive()).to.equal(true);
      lost.kill();
      await eventually(async () => ((await isAlive()) ? undefined : true), { message: "the command ends" });
    }
  });

  it("ends with an error when the gateway is stopped", async () => {
    for (const transport of TRANSPORTS) {
      await using world = await worldWithPod();
      const running = exec(world, [], "echo up; exec sleep 1000", { transport });
      await running.says("up");
      const [code] = await Promise.all([running.exit, world.gateway.stop()]);
      expect(code, transport).to.not.equal(0);
      expect(running.errors()).to.contain("the gateway is stopping");
    }
  });

  it("prints the name of a provider that does not have it", async () => {
    await using world = await startWorld({
      provider: "memory",
      providerArgs: ["exec", "attach", "port_forward"].flatMap((id) => ["--without-capability", id]),
    });
    await createPod(world, pod(world, "p"));
    await podRunning(world, "p");
    const calls = [
      ["exec", ["exec", "p", "--", "true"]],
      ["attach", ["attach", "p"]],
      ["port_forward", ["port-forward", "p", ":80"]],
    ] as const;
    for (const transport of TRANSPORTS) {
      for (const [capability, args] of calls) {
        const refused = liveKubectl(world, args, { transport });
        await eventually(async () => (/does not offer/.test(refused.errors()) ? true : undefined), {
          message: `${transport} ${capability}: ${refused.errors()}`,
        });
        expect(refused.errors()).to.contain(`the provider "memory" does not offer ${capability}`);
        refused.kill();
      }
    }
  });

  it("works with simulated pods too", async () => {
    await using world = await startWorld({ provider: "memory" });
    const main = container("main", undefined, { ports: [{ containerPort: 8080 }] });
    const annotations = { "memory.outboard.dev/log-interval-ms": "100", "memory.outboard.dev/log-text": "tick" };
    await createPod(world, pod(world, "p", { annotations, spec: { containers: [main] } }));
    await podRunning(world, "p");
    for (const transport of TRANSPORTS) {
      const coded = liveKubectl(world, ["exec", "p", "--", "exit", "5"], { transport });
      expect(await coded.exit, coded.errors()).to.equal(5);
      const cat = liveKubectl(world, ["exec", "-i", "p", "--", "cat"], { transport });
      cat.write("to and fro");
      cat.endInput();
      expect([await cat.exit, cat.text()]).to.deep.equal([0, "to and fro"]);
      const attached = liveKubectl(world, ["attach", "p"], { transport });
      await attached.says("tick");
      attached.kill();
      const forward = liveKubectl(world, ["port-forward", "p", ":8080"], { transport });
      expect(await talk(await localPort(forward), "through the port")).to.equal("through the port");
      forward.kill();
    }
  });
});

describe("kubectl cp", () => {
  useCluster();

  it("copies into a pod and out of it without changing a byte", async () => {
    await using world = await worldWithPod();
    const data = randomBytes(COPY_BYTES);
    const file = join(world.folder, "original");
    await writeFile(file, data);
    const inPod = (await world.kubectl(["exec", "p", "--", "mktemp", "-d"])).trim();
    for (const transport of TRANSPORTS) {
      const into = liveKubectl(world, ["cp", file, `p:${inPod}/copy`], { transport });
      expect(await into.exit, into.errors()).to.equal(0);
      expect(await world.kubectl(["exec", "p", "--", "sha256sum", `${inPod}/copy`])).to.contain(sha256(data));
      const back = join(world.folder, `back-${transport}`);
      const out = liveKubectl(world, ["cp", `p:${inPod}/copy`, back], { transport });
      expect(await out.exit, out.errors()).to.equal(0);
      expect(sha256(await readFile(back)), transport).to.equal(sha256(data));
    }
    await world.kubectl(["exec", "p", "--", "rm", "-r", inPod]);
  });
});

describe("kubectl attach", () => {
  useCluster();

  it("shows the output from now on and carries standard input", async () => {
    const script = "while read line; do echo got $line; done; echo end of input; while :; do sleep 0.2; done";
    await using world = await startWorld({ provider: "process" });
    for (const transport of TRANSPORTS) {
      const main = container("main", script, { stdin: true });
      const name = `p-${transport}`;
      await createPod(world, pod(world, name, { spec: { containers: [main] } }));
      await podRunning(world, name);
      const attached = liveKubectl(world, ["attach", "-i", name], { transport });
      await eventually(
        async () => {
          attached.write("one\n");
          return attached.text().includes("got one") ? true : undefined;
        },
        { message: `${transport}: an answer; ${attached.errors()}` },
      );
      attached.kill();
    }
  });

  it("has the terminal of the container, with its size", async () => {
    const script = "while read line; do echo got $line $(stty size); done";
    await using world = await startWorld({ provider: "process" });
    for (const transport of TRANSPORTS) {
      const main = container("main", script, { stdin: true, tty: true });
      const name = `t-${transport}`;
      await createPod(world, pod(world, name, { spec: { containers: [main] } }));
      await podRunning(world, name);
      const terminal = "stty rows 31 cols 99; stty -echo";
      const attached = liveKubectl(world, ["attach", "-it", name], { transport, terminal });
      await eventually(
        async () => {
          attached.write("one\n");
          return attached.text().includes("got one 31 99\r\n") ? true : undefined;
        },
        { message: `${transport}: an answer with the size; ${attached.text()}` },
      );
      attached.kill();
    }
  });
});

describe("kubectl port-forward", () => {
  useCluster();

  const SERVER = `
    const server = require("node:http").createServer((request, response) => request.pipe(response));
    server.listen(0, "127.0.0.1", 1000, () => console.log("port", server.address().port, "end"));
  `;

  it("carries several connections at once, and says when a port refuses", async () => {
    await using world = await startWorld({ provider: "process" });
    const main = { ...container("main"), command: [nodeInPods(), "-e", SERVER] };
    await createPod(world, pod(world, "p", { spec: { containers: [main] } }));
    await podRunning(world, "p");
    const port = await eventually(async () => /port (\d+) end/.exec(await world.kubectl(["logs", "p"]))?.[1], {
      message: "the port of the server",
    });
    for (const transport of TRANSPORTS) {
      const forward = liveKubectl(world, ["port-forward", "p", `:${port}`], { transport });
      const local = await localPort(forward);
      const bodies = Array.from({ length: CONNECTIONS }, () => randomBytes(100_000));
      const echoed = await Promise.all(
        bodies.map(async (body) => {
          const answer = await fetch(`http://127.0.0.1:${local}/`, { method: "POST", body });
          return Buffer.from(await answer.arrayBuffer());
        }),
      );
      expect(echoed.map(sha256), transport).to.deep.equal(bodies.map(sha256));
      forward.kill();
      await eventually(
        async () => (arrivedOver(transport, "portForward").test(world.gateway.log()) ? true : undefined),
        {
          message: `${transport} reaches the gateway`,
        },
      );

      const refused = liveKubectl(world, ["port-forward", "p", ":1"], { transport });
      connect(await localPort(refused), "127.0.0.1")
        .on("error", () => undefined)
        .end("x");
      await eventually(async () => (refused.errors().includes("error forwarding port 1") ? true : undefined), {
        message: `${transport}: the refusal`,
      });
      refused.kill();
    }
  });
});
