/** The messages of grpc.reflection.v1, as far as a server needs them, over the wire format. */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import type { MessageCodec } from "./definition.js";

/** What a peer asks. */
export interface Question {
  readonly kind: "file" | "symbol" | "extension" | "extensions" | "services" | "unknown";
  /** File name, symbol or type. */
  readonly text: string;
  /** Number of the extension. */
  readonly number: number;
  /** The question itself, sent back with the answer. */
  readonly raw: Uint8Array;
}

/** What it is told. */
export type Answer = { readonly raw: Uint8Array } & (
  | { readonly kind: "files"; readonly files: readonly Uint8Array[] }
  | { readonly kind: "extensions"; readonly type: string; readonly numbers: readonly number[] }
  | { readonly kind: "services"; readonly names: readonly string[] }
  | { readonly kind: "error"; readonly code: number; readonly message: string }
);

const KINDS = new Map<number, Question["kind"]>([
  [3, "file"],
  [4, "symbol"],
  [5, "extension"],
  [6, "extensions"],
  [7, "services"],
]);

export const questionCodec: MessageCodec<Question> = {
  encode: ({ raw }) => ({ finish: () => raw }),
  decode: (bytes) => {
    let question: Question = { kind: "unknown", text: "", number: 0, raw: Uint8Array.from(bytes) };
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      const kind = KINDS.get(field);
      if (kind === undefined) reader.skip(type, field);
      else if (kind === "extension") question = { ...question, kind, ...extension(reader.bytes()) };
      else question = { ...question, kind, text: reader.string() };
    }
    return question;
  },
};

function extension(bytes: Uint8Array): Pick<Question, "text" | "number"> {
  const reader = new BinaryReader(bytes);
  let text = "";
  let number = 0;
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === 1) text = reader.string();
    else if (field === 2) number = reader.int32();
    else reader.skip(type, field);
  }
  return { text, number };
}

export const answerCodec: MessageCodec<Answer> = {
  encode: (answer) => {
    const writer = new BinaryWriter().uint32(18).bytes(answer.raw);
    return body(writer, answer).join();
  },
  decode: () => {
    throw new Error("reflection: only the server's side is written");
  },
};

/** Writes the one message that answers, left open. */
function body(writer: BinaryWriter, answer: Answer): BinaryWriter {
  switch (answer.kind) {
    case "files":
      writer.uint32(34).fork();
      for (const file of answer.files) writer.uint32(10).bytes(file);
      return writer;
    case "extensions":
      writer.uint32(42).fork().uint32(10).string(answer.type);
      for (const number of answer.numbers) writer.uint32(16).int32(number);
      return writer;
    case "services":
      writer.uint32(50).fork();
      for (const name of answer.names) writer.uint32(10).fork().uint32(10).string(name).join();
      return writer;
    case "error":
      return writer.uint32(58).fork().uint32(8).int32(answer.code).uint32(18).string(answer.message);
  }
}
