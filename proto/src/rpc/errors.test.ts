import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { Metadata } from "@grpc/grpc-js";
import { expect } from "chai";
import { refuse } from "../registry/lookup.js";
import { connect } from "./client.js";
import { decodeStatus, encodeStatus } from "./details.js";
import { calm, frames, rejection, startRig, TestService, texts } from "./harness.test.js";
import { Code, fromServiceError, isStatusError, StatusError } from "./status.js";

describe("errors of a provider", () => {
  it("travel with reason, metadata, retry time and field violations", async () => {
    const violations = [{ field: "spec.containers[0].stdin", description: "not supported" }];
    const metadata = new Map([["gateway_revisions", "1,2"]]);
    await using rig = await startRig({
      once: async () => {
        throw refuse("UNSUPPORTED_FEATURE", "the pod asks for stdin", { retryAfterMs: 1500, violations, metadata });
      },
    });
    const error = await rejection(rig.client.once({ text: "" }, calm()));
    expect(isStatusError(error)).to.equal(true);
    expect(error).to.include({
      code: Code.INVALID_ARGUMENT,
      message: "the pod asks for stdin",
      reason: "UNSUPPORTED_FEATURE",
      retryAfterMs: 1500,
    });
    expect(error).to.have.deep.property("violations", violations);
    expect(error).to.have.deep.property("metadata", metadata);
  });

  it("travel at the end of every kind of call", async () => {
    const fail = () => {
      throw refuse("NOT_READY", "wait");
    };
    await using rig = await startRig({ once: fail, collect: fail, feed: fail, chat: fail });
    const { client } = rig;
    for (const call of [
      () => client.once({ text: "" }, calm()),
      () => client.collect(frames("a"), calm()),
      () => texts(client.feed({ text: "" }, calm())),
      () => texts(client.chat(frames("a"), calm())),
    ]) {
      expect(await rejection(call())).to.include({
        code: Code.FAILED_PRECONDITION,
        reason: "NOT_READY",
        message: "wait",
      });
    }
    expect(rig.internal).to.deep.equal([]);
  });

  it("come after the answers that were sent before", async () => {
    await using rig = await startRig({
      feed: async function* () {
        yield { text: "a" };
        throw refuse("BACKEND_UNAVAILABLE", "gone");
      },
    });
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { text } of rig.client.feed({ text: "" }, calm())) seen.push(text);
    })();
    expect(await rejection(reading)).to.include({ reason: "BACKEND_UNAVAILABLE" });
    expect(seen).to.deep.equal(["a"]);
  });

  it("keep characters beyond ASCII in the message", async () => {
    await using rig = await startRig({
      once: async () => {
        throw refuse("QUOTA", "keine Plätze: 100 % – voll\n");
      },
    });
    expect(await rejection(rig.client.once({ text: "" }, calm()))).to.have.property(
      "message",
      "keine Plätze: 100 % – voll\n",
    );
  });

  it("are cut so that every peer can take the trailer", async () => {
    const violations = Array.from({ length: 500 }, (_, index) => ({
      field: `f${index}`,
      description: "é".repeat(500),
    }));
    await using rig = await startRig({
      once: async () => {
        throw refuse("BAD_REQUEST", "ü".repeat(50_000), { violations });
      },
    });
    const error = await rejection(rig.client.once({ text: "" }, calm()));
    expect(error).to.include({ code: Code.INVALID_ARGUMENT, reason: "BAD_REQUEST" });
    expect((error as StatusError).message).to.match(/^ü+…$/);
    expect((error as StatusError).violations).to.have.length(20);
    expect((error as StatusError).violations[0]).to.have.property("field", "f0");
  });
});

describe("errors that are not the provider's own", () => {
  it("of a handler become INTERNAL with a fixed text, and go to onInternalError", async () => {
    const canary = new Error("password=canary-7f3a");
    await using rig = await startRig({ once: () => Promise.reject(canary) });
    const error = await rejection(rig.client.once({ text: "" }, calm()));
    expect(error).to.include({ code: Code.INTERNAL, message: "internal error", reason: undefined });
    expect(JSON.stringify(Object.entries(error as object))).to.not.contain("canary");
    expect(rig.internal).to.deep.equal([canary]);
  });

  it("of an answer that cannot be encoded become INTERNAL too", async () => {
    await using rig = await startRig({ once: async () => ({ text: 7, canary: "canary-7f3a" }) as never });
    expect(await rejection(rig.client.once({ text: "" }, calm()))).to.include({
      code: Code.INTERNAL,
      message: "internal error",
    });
    expect(rig.internal).to.have.length(1);
  });

  it("of bytes that are no message become BAD_REQUEST, and the handler is not called", async () => {
    let called = false;
    await using rig = await startRig({
      once: async (frame) => {
        called = true;
        return frame;
      },
    });
    const error = await rejection(rig.client.once({ text: "undecodable" }, calm()));
    expect(error).to.include({ code: Code.INVALID_ARGUMENT, reason: "BAD_REQUEST" });
    expect((error as Error).message).to.not.contain("canary");
    expect(called).to.equal(false);
    expect(await rejection(rig.client.collect(frames("undecodable"), calm()))).to.include({ reason: "BAD_REQUEST" });
    expect(await rejection(texts(rig.client.chat(frames("undecodable"), calm())))).to.include({
      reason: "BAD_REQUEST",
    });
  });

  it("of an answer that is no message reject with a StatusError", async () => {
    const bytes = { encode: () => ({ finish: () => new TextEncoder().encode("undecodable") }), decode: () => ({}) };
    await using rig = await startRig();
    const client = connect(
      { ...TestService, methods: { once: { ...TestService.methods.once, requestType: bytes } } },
      rig.channel,
    );
    expect(isStatusError(await rejection(client.once({ text: "x" }, calm())))).to.equal(true);
  });

  it("have no reason without an ErrorInfo of our domain", () => {
    const foreign = withDetails(anyOf("ErrorInfo", text(1, "POD").concat(text(2, "example.com"))));
    expect(fromServiceError(foreign)).to.include({ code: Code.NOT_FOUND, reason: undefined });
    expect(fromServiceError(withDetails(Buffer.from("garbage\xff")))).to.include({ reason: undefined });
    expect(fromServiceError({ code: Code.NOT_FOUND, details: "x", metadata: new Metadata() })).to.include({
      reason: undefined,
    });
  });

  it("that are no status at all become UNKNOWN and keep the cause", () => {
    const cause = new Error("odd");
    expect(fromServiceError(cause)).to.include({ code: Code.UNKNOWN, reason: undefined, cause });
  });
});

describe("the details of a status", () => {
  it("survive encoding and decoding", () => {
    const details = {
      reason: "QUOTA",
      metadata: new Map([["a", "b"]]),
      retryAfterMs: 250,
      violations: [{ field: "f", description: "d" }],
    };
    expect(decodeStatus(encodeStatus(Code.RESOURCE_EXHAUSTED, "m", details))).to.deep.equal(details);
  });

  it("may hold messages of other types beside ours", () => {
    const ours = encodeStatus(5, "m", { reason: "POD", metadata: new Map(), violations: [] });
    const mixed = Buffer.concat([ours, anyOf("DebugInfo", text(1, "stack"))]);
    expect(decodeStatus(mixed)).to.include({ reason: "POD" });
  });
});

describe("isStatusError", () => {
  it("knows the errors of another copy of this package", () => {
    const copy = Object.assign(new Error("m"), { code: 5 });
    Object.defineProperty(copy, Symbol.for("outboard.dev/StatusError"), { value: true });
    expect([
      isStatusError(copy),
      isStatusError(new StatusError(Code.OK, "")),
      isStatusError(new Error("x")),
      isStatusError(null),
    ]).to.deep.equal([true, true, false, false]);
  });
});

function text(field: number, value: string): number[] {
  return [
    ...new BinaryWriter()
      .uint32((field << 3) | 2)
      .string(value)
      .finish(),
  ];
}

function anyOf(name: string, value: readonly number[]): Uint8Array {
  const any = new BinaryWriter()
    .uint32(10)
    .string(`type.googleapis.com/google.rpc.${name}`)
    .uint32(18)
    .bytes(Uint8Array.from(value));
  return new BinaryWriter().uint32(26).bytes(any.finish()).finish();
}

function withDetails(bytes: Uint8Array): unknown {
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(bytes));
  return { code: Code.NOT_FOUND, details: "not here", metadata };
}
