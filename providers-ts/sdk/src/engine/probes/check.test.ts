import { expect } from "chai";
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from "node:http";
import { createServer as createPlainServer, type AddressInfo, type Server as PlainServer } from "node:net";
import { container, Harness } from "../testing/harness.js";

const POD = { restartPolicy: "Always", terminationGracePeriodSeconds: 5 };
const ONE = { periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 1 };

type Fields = Readonly<Record<string, unknown>>;

async function listening<Kind extends PlainServer>(server: Kind): Promise<Kind> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

function portOf(server: PlainServer): number {
  return (server.address() as AddressInfo).port;
}

async function web(handler: RequestListener): Promise<Server> {
  return await listening(createServer(handler));
}

/** Creates a pod whose only container has this readiness probe, and lets the probe run once. */
async function probed(h: Harness, probe: Fields, more: Fields = {}): Promise<void> {
  h.runtime.podIPs = ["127.0.0.1"];
  await h.create({ ...POD, containers: [container("c", { readinessProbe: { ...ONE, ...probe }, ...more })] });
  await h.until(() => h.observations.length > 0 && h.state.includes("c=R"), "runs");
  await h.advance(0);
}

function unhealthy(h: Harness): readonly string[] {
  return [...h.eventCounts().keys()].filter(
    (text) => text.startsWith("Unhealthy|c|") || text.startsWith("ProbeWarning"),
  );
}

describe("HTTP probes", () => {
  it("send the kubelet's headers, and of the probe's own those that are not empty", async () => {
    const seen: IncomingHttpHeaders[] = [];
    using server = disposable(
      await web(({ headers }, response) => {
        seen.push(headers);
        response.end();
      }),
    );
    await using h = await Harness.start();
    const httpHeaders = [
      { name: "Accept", value: "" },
      { name: "X-One", value: "a" },
      { name: "X-One", value: "b" },
      { name: "host", value: "shop.example" },
    ];
    await probed(h, { httpGet: { port: server.port, path: "/", httpHeaders } });
    await h.sees("STARTED ready c=R#0");
    const [{ accept, host, connection, "x-one": one, "user-agent": agent } = {}] = seen;
    expect({ accept, host, connection, one, agent }).to.deep.equal({
      accept: undefined,
      host: "shop.example",
      connection: "close",
      one: "a, b",
      agent: "kube-probe/1.37",
    });
  });

  it("follow redirects within the host", async () => {
    using server = disposable(
      await web(({ url }, response) => {
        if (url === "/new") response.statusCode = 500;
        else response.writeHead(302, { location: "/new" });
        response.end();
      }),
    );
    await using h = await Harness.start();
    await probed(h, { httpGet: { port: server.port, path: "/old" } });
    await h.until(() => unhealthy(h).length > 0, "an event");
    expect(unhealthy(h)).to.deep.equal(["Unhealthy|c|Readiness probe failed: HTTP probe failed with statuscode: 500"]);
  });

  it("take a redirect to another host for good, with a warning", async () => {
    using server = disposable(
      await web((_, response) => {
        response.writeHead(302, { location: "http://elsewhere.example/" });
        response.end("moved");
      }),
    );
    await using h = await Harness.start();
    await probed(h, { httpGet: { port: server.port, path: "/" } });
    await h.sees("STARTED ready c=R#0");
    expect(unhealthy(h)).to.deep.equal([
      "ProbeWarning|c|Readiness probe warning: Probe terminated redirects, Response body: moved",
    ]);
  });

  it("end a ring of redirects after ten", async () => {
    using server = disposable(
      await web((_, response) => {
        response.writeHead(302, { location: "/" });
        response.end();
      }),
    );
    await using h = await Harness.start();
    await probed(h, { httpGet: { port: server.port, path: "/" } });
    await h.until(() => unhealthy(h).length > 0, "an event");
    const url = `http://127.0.0.1:${server.port}/`;
    expect(unhealthy(h)).to.deep.equal([
      `Unhealthy|c|Readiness probe failed: Get "${url}": stopped after 10 redirects`,
    ]);
  });

  it("say in Go's words what the network said", async () => {
    using server = disposable(await web((_, response) => response.end()));
    using hangUp = disposable(await listening(createPlainServer((socket) => socket.end())));
    await using h = await Harness.start();
    await probed(h, { httpGet: { port: server.port, path: "/", scheme: "HTTPS" } });
    await h.until(() => unhealthy(h).length > 0, "an event");
    expect(unhealthy(h)).to.deep.equal([
      `Unhealthy|c|Readiness probe failed: Get "https://127.0.0.1:${server.port}/": http: server gave HTTP response to HTTPS client`,
    ]);
    await using other = await Harness.start();
    await probed(other, { httpGet: { port: hangUp.port, path: "/x?y=1" } });
    await other.until(() => unhealthy(other).length > 0, "an event");
    expect(unhealthy(other)).to.deep.equal([
      `Unhealthy|c|Readiness probe failed: Get "http://127.0.0.1:${hangUp.port}/x?y=1": EOF`,
    ]);
  });

  it("give up a server that does not answer in time", async () => {
    using server = disposable(await listening(createPlainServer(() => {})));
    await using h = await Harness.start();
    await probed(h, { httpGet: { port: server.port, path: "/" }, timeoutSeconds: 1 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await h.advance(1000);
    await h.until(() => unhealthy(h).length > 0, "an event");
    const why = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
    expect(unhealthy(h)).to.deep.equal([
      `Unhealthy|c|Readiness probe failed: Get "http://127.0.0.1:${server.port}/": ${why}`,
    ]);
  });
});

describe("probes that cannot be asked", () => {
  it("say which port is not known, and count nothing", async () => {
    await using h = await Harness.start();
    await probed(h, { httpGet: { port: "web", path: "/" } });
    await h.until(() => unhealthy(h).length > 0, "an event");
    expect(unhealthy(h)).to.deep.equal([
      'Unhealthy|c|Readiness probe errored and resulted in unknown state: port "web" not found',
    ]);
  });

  it("are asked three times", async () => {
    await using h = await Harness.start();
    let tries = 0;
    h.runtime.onExec = () => {
      tries += 1;
      throw new Error("no shim");
    };
    await probed(h, { exec: { command: ["check"] } });
    expect(tries).to.equal(3);
    expect(unhealthy(h)).to.deep.equal(["Unhealthy|c|Readiness probe errored and resulted in unknown state: no shim"]);
  });
});

describe("exec probes", () => {
  it("put the container's own plain variables into the command", async () => {
    await using h = await Harness.start();
    const command = ["check", "$(NAME)", "$(FROM)", "$(NONE)", "$$(NAME)"];
    const env = [{ name: "NAME", value: "n" }, { name: "FROM" }];
    await probed(h, { exec: { command } }, { env });
    expect(h.runtime.calls).to.include("exec c/0 check n  $(NONE) $(NAME)");
  });

  it("keep 10 KiB of what the command prints", async () => {
    await using h = await Harness.start();
    h.runtime.onExec = async (_name, _command, io) => {
      await io.stdout(Buffer.alloc(9 * 1024, "a"));
      await io.stderr(Buffer.alloc(9 * 1024, "b"));
      return { exitCode: 1 };
    };
    await probed(h, { exec: { command: ["check"] } });
    const [text = ""] = unhealthy(h);
    expect(text).to.match(/^Unhealthy\|c\|Readiness probe failed: a+$/);
    expect(text.length).to.be.below(1100);
  });
});

describe("TCP and gRPC probes", () => {
  it("go to the host of the probe", async () => {
    using server = disposable(await listening(createPlainServer(() => {})));
    await using h = await Harness.start();
    await probed(h, { tcpSocket: { port: server.port, host: "127.0.0.1" } });
    await h.sees("STARTED ready c=R#0");
  });

  it("say that nobody listens", async () => {
    const server = await listening(createPlainServer(() => {}));
    const port = portOf(server);
    server.close();
    await using h = await Harness.start();
    await probed(h, { tcpSocket: { port } });
    await h.until(() => unhealthy(h).length > 0, "an event");
    expect(unhealthy(h)).to.deep.equal([
      `Unhealthy|c|Readiness probe failed: dial tcp 127.0.0.1:${port}: connect: connection refused`,
    ]);
  });

  it("of gRPC wait for a server until their time is up", async () => {
    const server = await listening(createPlainServer(() => {}));
    const port = portOf(server);
    server.close();
    await using h = await Harness.start();
    await probed(h, { grpc: { port }, timeoutSeconds: 2 });
    await new Promise((resolve) => setTimeout(resolve, 30));
    await h.advance(1000);
    expect(unhealthy(h)).to.deep.equal([]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await h.advance(1000);
    await h.until(() => unhealthy(h).length > 0, "an event");
    const text = `timeout: failed to connect service "127.0.0.1:${port}" within 2s: context deadline exceeded`;
    expect(unhealthy(h)).to.deep.equal([`Unhealthy|c|Readiness probe failed: ${text}`]);
  });
});

function disposable(server: PlainServer): Disposable & { readonly port: number } {
  return { port: portOf(server), [Symbol.dispose]: () => void server.close() };
}
