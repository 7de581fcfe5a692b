import { expect } from "chai";
import { Duplex, PassThrough } from "node:stream";
import type { ExecInput, PortForwardInput } from "../provider.js";
import { runForward, runSession } from "./sessions.js";

const PLAIN = { stdin: true, stdout: true, stderr: true, tty: false, size: undefined };

async function* frames<Frame>(...all: readonly Frame[]): AsyncGenerator<Frame> {
  yield* all;
  await Promise.resolve();
}

describe("runSession", () => {
  it("carries stdin to the process, output back, and its exit last", async () => {
    const input: ExecInput = frames(
      { $case: "stdin", value: Buffer.from("hi") } as const,
      { $case: "stdinEnd", value: {} } as const,
    );
    const seen: string[] = [];
    const session = runSession(PLAIN, input, async (io) => {
      for await (const bytes of io.stdin ?? []) await io.stdout(bytes);
      await io.stderr(Buffer.from("bye"));
      return { exitCode: 3 };
    });
    for await (const frame of session) {
      const { $case, value } = frame;
      seen.push(
        $case === "stdout" || $case === "stderr" ? `${$case} ${String(value)}` : `${$case} ${JSON.stringify(value)}`,
      );
    }
    expect(seen).to.deep.equal(["stdout hi", "stderr bye", 'exit {"result":{"$case":"code","value":3}}']);
  });

  it("does not run ahead of its reader", async () => {
    let written = 0;
    const session = runSession({ ...PLAIN, stdin: false }, frames(), async (io) => {
      for (let index = 0; index < 5; index += 1) {
        await io.stdout(Buffer.from("x"));
        written += 1;
      }
      return { exitCode: 0 };
    });
    await session.next();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(written).to.be.lessThan(3);
    await session.return(undefined);
  });

  it("hands over the terminal's size and its changes", async () => {
    const input: ExecInput = frames({ $case: "resize", value: { width: 9, height: 8 } } as const);
    const size = { width: 80, height: 24 };
    const session = runSession({ ...PLAIN, tty: true, size }, input, async ({ terminal }) => {
      const seen = [terminal?.size];
      for await (const change of terminal?.resizes ?? []) seen.push(change);
      expect(seen).to.deep.equal([size, { width: 9, height: 8 }]);
      return { exitCode: 0 };
    });
    expect((await session.next()).value).to.deep.equal({
      $case: "exit",
      value: { result: { $case: "code", value: 0 } },
    });
  });

  for (const [name, end, expected] of [
    ["a signal", { signal: 9 }, { $case: "signal", value: 9 }],
    ["an unknown end", {}, { $case: "error", value: "the end of the process is not known" }],
  ] as const) {
    it(`tells ${name}`, async () => {
      const session = runSession(PLAIN, frames(), async () => await Promise.resolve(end));
      expect((await session.next()).value).to.deep.equal({ $case: "exit", value: { result: expected } });
    });
  }
});

describe("runForward", () => {
  it("carries bytes both ways and closes each way by itself", async () => {
    const [toPod, fromPod] = [new PassThrough(), new PassThrough()];
    const connection = Duplex.from({ readable: fromPod, writable: toPod });
    const received = new Promise<string>((resolve) => {
      let text = "";
      toPod.on("data", (chunk: Buffer) => (text += chunk.toString()));
      toPod.on("end", () => {
        fromPod.end("pong");
        resolve(text);
      });
    });
    const input: PortForwardInput = frames(
      { $case: "data", value: Buffer.from("ping") } as const,
      { $case: "halfClose", value: {} } as const,
    );
    const seen: string[] = [];
    for await (const frame of runForward(connection, input, AbortSignal.timeout(5000))) {
      seen.push(frame.$case === "data" ? `data ${String(frame.value)}` : frame.$case);
    }
    expect(await received).to.equal("ping");
    expect(seen).to.deep.equal(["opened", "data pong", "halfClose"]);
  });

  it("is over after the half-close of both sides, though the client's stream stays open", async () => {
    const [toPod, fromPod] = [new PassThrough(), new PassThrough()];
    toPod.on("data", () => {});
    toPod.on("end", () => fromPod.end("bye"));
    const open = Promise.withResolvers<void>();
    const input: PortForwardInput = (async function* () {
      yield { $case: "halfClose", value: {} } as const;
      await open.promise;
    })();
    const seen: string[] = [];
    const forward = runForward(Duplex.from({ readable: fromPod, writable: toPod }), input, AbortSignal.timeout(1000));
    for await (const frame of forward) seen.push(frame.$case);
    expect(seen).to.deep.equal(["opened", "data", "halfClose"]);
    open.resolve();
  }).timeout(1000);

  it("says that a connection broke", async () => {
    const connection = new PassThrough();
    const forward = runForward(connection, frames(), AbortSignal.timeout(5000));
    expect((await forward.next()).value).to.have.property("$case", "opened");
    connection.destroy(new Error("reset"));
    expect((await forward.next()).value).to.deep.equal({ $case: "failed", value: { message: "the connection broke" } });
  });

  it("says that a connection broke after the pod's half-close, though the client says nothing", async () => {
    const [toPod, fromPod] = [new PassThrough(), new PassThrough()];
    const connection = Duplex.from({ readable: fromPod, writable: toPod });
    const silent: PortForwardInput = (async function* () {
      yield await new Promise<never>(() => {});
    })();
    const seen: string[] = [];
    fromPod.end();
    for await (const frame of runForward(connection, silent, AbortSignal.timeout(1000))) {
      seen.push(frame.$case);
      if (frame.$case === "halfClose") connection.destroy(new Error("reset"));
    }
    expect(seen).to.deep.equal(["opened", "halfClose", "failed"]);
  }).timeout(1000);
});
