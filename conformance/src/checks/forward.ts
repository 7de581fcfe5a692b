/** Checks of port-forward. */
import { randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import type { PortForwardRequest } from "@outboard/contract";
import { check, type Check } from "../suite/check.js";
import { firstOrEnd, forwardedBytes, openForward } from "../suite/interactions.js";
import { Reading, Sending } from "../suite/streams.js";
import type { Trial } from "../suite/trial.js";

const EXIT = { containers: [{ behaviour: "exit", params: { ms: 50, code: 0 } }] } as const;

export const FORWARD_CHECKS: readonly Check[] = [
  check("PF-01", "echo", {
    title: "A megabyte goes to the pod and back",
    needs: ["port_forward"],
    run: async (t) => {
      const { uid, port } = await serving(t);
      const bytes = randomBytes(1024 * 1024);
      const back = await echo(t, { uid, port }, bytes);
      t.equal(back.length, bytes.length, "bytes that came back", "missing");
      t.verify(back.equals(bytes), "wrong-value", "what came back differs from what was sent");
    },
  }),
  check("PF-02", "half-close", {
    title: "After half_close the rest still comes, then half_close and OK",
    needs: ["port_forward"],
    run: async (t) => {
      const { uid, port } = await serving(t);
      const { input, output } = openForward(t, uid, port);
      await output.find("first-frame", "opened", ({ frame }) => frame?.$case === "opened");
      input.send({ frame: { $case: "data", value: Buffer.from("last words") } });
      input.send({ frame: { $case: "halfClose", value: {} } });
      await output.find("stream", "half_close of the pod", ({ frame }) => frame?.$case === "halfClose");
      t.equal(forwardedBytes(output.messages).toString("utf8"), "last words", "bytes before half_close", "missing");
      t.equal((await output.ended("stream", "the connection ends")).status, "OK", "status", "wrong-status");
    },
  }),
  check("PF-03", "refused", {
    title: "A port where nobody listens ends with failed, then OK",
    needs: ["port_forward"],
    run: async (t) => {
      const { uid } = await serving(t);
      const { output } = openForward(t, uid, 9);
      const end = await output.ended("stream", "the refused connection ends");
      t.equal(end.status, "OK", "status", "wrong-status");
      t.equal(output.messages.at(-1)?.frame?.$case, "failed", "last frame", "missing");
    },
  }),
  check("PF-03", "not-the-host", {
    title: "A port of the host, where the pod has no listener, is not reached",
    needs: ["port_forward", "feature:pod_ip", "unix"],
    run: async (t) => {
      const { uid } = await serving(t);
      const server = createServer((socket) => socket.end("of the host"));
      const listening = once(server.listen(0, "127.0.0.1"), "listening");
      try {
        await listening;
        const { output } = openForward(t, uid, (server.address() as AddressInfo).port);
        await output.ended("stream", "the refused connection ends");
        t.equal(forwardedBytes(output.messages).length, 0, "bytes of the host's own listener", "unexpected");
      } finally {
        server.close();
      }
    },
  }),
  check("PF-04", "independent", {
    title: "A refused connection does not end another",
    needs: ["port_forward"],
    run: async (t) => {
      const { uid, port } = await serving(t);
      const good = openForward(t, uid, port);
      await good.output.find("first-frame", "opened", ({ frame }) => frame?.$case === "opened");
      await openForward(t, uid, 9).output.ended("stream", "the refused connection ends");
      good.input.send({ frame: { $case: "data", value: Buffer.from("still here") } });
      await t.eventually("stream", "the other connection works", async () =>
        forwardedBytes(good.output.messages).toString("utf8") === "still here" ? true : undefined,
      );
      await good.output.close();
    },
  }),
  check("PF-05", "no-cross-talk", {
    title: "Ten connections at once keep their bytes apart",
    needs: ["port_forward"],
    run: async (t) => {
      const { uid, port } = await serving(t);
      const texts = Array.from({ length: 10 }, (_, at) => `connection ${at} `.repeat(500));
      const back = await Promise.all(texts.map(async (text) => await echo(t, { uid, port }, Buffer.from(text))));
      t.equal(
        back.map((bytes) => bytes.toString("utf8") === texts[back.indexOf(bytes)]),
        texts.map(() => true),
        "each got its own",
      );
    },
  }),
  check("PF-06", "bad-ports", {
    title: "Ports 0 and 65536 and a missing start are refused",
    needs: ["port_forward"],
    run: async (t) => {
      const { uid, port } = await serving(t);
      const good = () => forwarded(t, uid, port);
      await t.refused(() => forwarded(t, uid, 0), good);
      await t.refused(() => forwarded(t, uid, 65_536), good);
      await t.refused(async () => {
        const input = new Sending<PortForwardRequest>().send({ frame: { $case: "halfClose", value: {} } });
        const output = new Reading(t, (signal) => t.calls.interaction.portForward(input, t.streamOptions(signal)));
        const end = await output.ended("first-frame", "the refusal");
        if (end.status !== "OK") throw end.error;
      }, good);
    },
  }),
  check("PF-07", "unknown-pod", {
    title: "A forward to an unknown pod is refused",
    needs: ["port_forward"],
    run: async (t) => {
      const { uid, port } = await serving(t);
      await t.refused(
        () => forwarded(t, "no-such-pod", port),
        () => forwarded(t, uid, port),
      );
    },
  }),
  check("PF-08", "ended", {
    title: "A forward to an ended pod is refused",
    needs: ["port_forward"],
    run: async (t) => {
      const pod = await t.pod(EXIT);
      await pod.ended();
      const { uid, port } = await serving(t);
      await t.refused(
        () => forwarded(t, pod.uid, port),
        () => forwarded(t, uid, port),
      );
    },
  }),
  check("PF-10", "early-data", {
    title: "Bytes that are sent with the start are kept",
    needs: ["port_forward"],
    run: async (t) => {
      const { uid, port } = await serving(t);
      for (let count = 0; count < 10; count += 1) {
        const back = await echo(t, { uid, port }, Buffer.from("early"));
        t.equal(back.toString("utf8"), "early", "bytes that came back", "missing");
      }
    },
  }),
];

interface Served {
  readonly uid: string;
  readonly port: number;
}

/** A pod and the port on which it answers what it gets; pods may share the host's network, so each has its own port. */
async function serving(t: Trial): Promise<Served> {
  const port = randomInt(20_000, 32_000);
  const pod = await t.runningPod({
    containers: [{ behaviour: "tcp-echo", params: { port }, ports: [port] }],
    features: ["pod_ip"],
  });
  await t.eventually("start", "the pod listens", async () => {
    const { output } = openForward(t, pod.uid, port);
    const first = await output.find("first-frame", "an answer", ({ frame }) => frame !== undefined);
    await output.close();
    return first.frame?.$case === "opened" ? true : undefined;
  });
  return { uid: pod.uid, port };
}

/** Sends all, half-closes, gives what came back. */
async function echo(t: Trial, { uid, port }: Served, bytes: Uint8Array): Promise<Buffer> {
  const { input, output } = openForward(t, uid, port);
  for (let at = 0; at < bytes.length; at += 32_768) {
    input.send({ frame: { $case: "data", value: bytes.subarray(at, at + 32_768) } });
  }
  const isBack = async (): Promise<true | undefined> =>
    output.end !== undefined || forwardedBytes(output.messages).length >= bytes.length ? true : undefined;
  await t.eventually("stream", "all bytes come back", isBack).catch(() => {}); // the caller sees what is missing
  input.send({ frame: { $case: "halfClose", value: {} } });
  await output.ended("stream", "the connection ends");
  return forwardedBytes(output.messages);
}

/** Opens a connection and leaves it. */
async function forwarded(t: Trial, uid: string, port: number): Promise<void> {
  const { output } = openForward(t, uid, port);
  await firstOrEnd(t, output);
}
