import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { expect } from "chai";
import { FileDescriptorProto } from "../gen/google/protobuf/descriptor.js";
import { connect } from "./client.js";
import type { MessageCodec } from "./definition.js";
import { calm, type Rig, startRig } from "./harness.test.js";
import { addReflection } from "./reflection.js";

const PODS = "outboard.provider.v1.PodService";

const bytes: MessageCodec<Uint8Array> = {
  encode: (value) => ({ finish: () => value }),
  decode: (value) => Uint8Array.from(value),
};

describe("reflection", () => {
  it("lists the services that it describes", async () => {
    await using rig = await reflecting();
    const names = fields(await ask(rig, 7, ""), 6).flatMap((list) => fields(list, 1).map((each) => text(each, 1)));
    expect(names).to.deep.equal([PODS]);
  });

  it("gives the file of a service with everything it imports", async () => {
    await using rig = await reflecting();
    const files = filesIn(await ask(rig, 4, PODS));
    expect(files[0]?.service[0]?.name).to.equal("PodService");
    const known = new Set(files.map((file) => file.name));
    for (const file of files) for (const name of file.dependency) expect(known.has(name), name).to.equal(true);
  });

  it("gives the file of a method, a message, and a path", async () => {
    await using rig = await reflecting();
    const pod = "outboard/provider/v1/pod.proto";
    expect(filesIn(await ask(rig, 4, `${PODS}.CreatePod`))[0]?.name).to.equal(pod);
    expect(filesIn(await ask(rig, 4, "outboard.provider.v1.CreatePodRequest"))[0]?.name).to.equal(pod);
    expect(filesIn(await ask(rig, 3, pod))[0]?.name).to.equal(pod);
  });

  it("gives the options of fields as extensions", async () => {
    await using rig = await reflecting();
    const [list] = fields(await ask(rig, 6, "google.protobuf.FieldOptions"), 5);
    expect(list).to.not.equal(undefined);
    const extension = new BinaryWriter()
      .uint32(10)
      .string("google.protobuf.FieldOptions")
      .uint32(16)
      .int32(51701)
      .finish();
    const question = new BinaryWriter().uint32(42).bytes(extension).finish();
    expect(filesIn(await send(rig, question))[0]?.name).to.equal("outboard/provider/v1/options.proto");
  });

  it("answers NOT_FOUND within the stream, and goes on", async () => {
    await using rig = await reflecting();
    const [error] = fields(await ask(rig, 4, "no.such.Symbol"), 7);
    expect(error === undefined ? "" : text(error, 2)).to.equal("reflection: not found");
  });

  it("serves v1alpha too, and sends the question back", async () => {
    await using rig = await reflecting();
    const question = new BinaryWriter().uint32(58).string("").finish();
    const answer = await send(rig, question, "v1alpha");
    expect(fields(answer, 2)[0]).to.deep.equal(question);
    expect(fields(answer, 6)).to.have.length(1);
  });
});

async function reflecting(): Promise<Rig> {
  const rig = await startRig();
  addReflection(rig.server, [PODS, "outboard.rpc.test.TestService"]);
  return rig;
}

function ask(rig: Rig, field: number, value: string): Promise<Uint8Array> {
  return send(
    rig,
    new BinaryWriter()
      .uint32((field << 3) | 2)
      .string(value)
      .finish(),
  );
}

async function send(rig: Rig, question: Uint8Array, version = "v1"): Promise<Uint8Array> {
  const info = {
    name: "ServerReflectionInfo",
    requestType: bytes,
    requestStream: true,
    responseType: bytes,
    responseStream: true,
  } as const;
  const client = connect({ fullName: `grpc.reflection.${version}.ServerReflection`, methods: { info } }, rig.channel);
  for await (const answer of client.info(one(question), calm())) return answer;
  throw new Error("no answer");
}

async function* one(question: Uint8Array): AsyncGenerator<Uint8Array> {
  yield question;
}

function filesIn(answer: Uint8Array): FileDescriptorProto[] {
  return fields(answer, 4).flatMap((list) => fields(list, 1).map((file) => FileDescriptorProto.decode(file)));
}

/** All values of a length-delimited field. */
function fields(message: Uint8Array, wanted: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === wanted) found.push(Uint8Array.from(reader.bytes()));
    else reader.skip(type, field);
  }
  return found;
}

function text(message: Uint8Array, field: number): string {
  return new TextDecoder().decode(fields(message, field)[0]);
}
