/**
 * Server reflection, v1 and its twin v1alpha, over the compiled proto files of the contract: what tools such as grpcurl
 * need to list and call services without the proto files. Needs no session.
 */
import { DESCRIPTORS } from "../registry/gen/descriptors.js";
import type { DescriptorRow } from "../registry/rows.js";
import { type Answer, answerCodec, type Question, questionCodec } from "./reflection-messages.js";
import type { RpcServer } from "./server.js";
import { Code } from "./status.js";

/** Adds reflection for the services with these full names; those that the contract does not describe are not listed. */
export function addReflection(server: RpcServer, services: readonly string[]): void {
  const described = services.filter((service) => fileOf(service) !== undefined);
  for (const version of ["v1", "v1alpha"]) {
    server.add(reflectionService(version), {
      info: async function* (questions) {
        for await (const question of questions) yield answer(question, described);
      },
    });
  }
}

function reflectionService(version: string) {
  const info = { name: "ServerReflectionInfo", requestStream: true, responseStream: true } as const;
  return {
    fullName: `grpc.reflection.${version}.ServerReflection`,
    methods: { info: { ...info, requestType: questionCodec, responseType: answerCodec } },
  } as const;
}

function answer({ kind, text, number, raw }: Question, services: readonly string[]): Answer {
  switch (kind) {
    case "services":
      return { raw, kind: "services", names: services };
    case "file":
      return files(
        raw,
        DESCRIPTORS.find((file) => file.name === text),
      );
    case "symbol":
      return files(raw, fileOf(text));
    case "extension":
      return files(
        raw,
        DESCRIPTORS.find((file) => file.extensions.some((each) => each.type === text && each.number === number)),
      );
    case "extensions":
      return { raw, kind: "extensions", type: text, numbers: extensionsOf(text) };
    case "unknown":
      return { raw, kind: "error", code: Code.UNIMPLEMENTED, message: "reflection: no known question" };
  }
}

function fileOf(symbol: string): DescriptorRow | undefined {
  return DESCRIPTORS.find((file) => file.symbols.includes(symbol));
}

function extensionsOf(type: string): number[] {
  return DESCRIPTORS.flatMap((file) => file.extensions.filter((each) => each.type === type).map((each) => each.number));
}

/** A file with all that it imports, so that the peer need not ask again. */
function files(raw: Uint8Array, file: DescriptorRow | undefined): Answer {
  if (file === undefined) return { raw, kind: "error", code: Code.NOT_FOUND, message: "reflection: not found" };
  const wanted = new Set([file.name]);
  for (const name of wanted) {
    for (const dependency of DESCRIPTORS.find((each) => each.name === name)?.dependencies ?? []) wanted.add(dependency);
  }
  const found = DESCRIPTORS.filter((each) => wanted.has(each.name)).toReversed();
  return { raw, kind: "files", files: found.map((each) => Buffer.from(each.bytes, "base64")) };
}
