/** The service and messages of grpc.health.v1, over the wire format. */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import type { MessageCodec, MethodDefinition } from "./definition.js";

const STATUSES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"] as const;

/** What a health check answers. SERVICE_UNKNOWN: the server does not have that service. */
export type HealthStatus = (typeof STATUSES)[number];

export interface HealthQuestion {
  readonly service: string;
}

export interface HealthAnswer {
  readonly status: HealthStatus;
}

const question: MessageCodec<HealthQuestion> = {
  encode: ({ service }) => new BinaryWriter().uint32(10).string(service),
  decode: (bytes) => {
    let service = "";
    readFields(bytes, (field, reader) => field === 1 && ((service = reader.string()), true));
    return { service };
  },
};

const answer: MessageCodec<HealthAnswer> = {
  encode: ({ status }) => new BinaryWriter().uint32(8).int32(STATUSES.indexOf(status)),
  decode: (bytes) => {
    let status: HealthStatus = "UNKNOWN";
    readFields(bytes, (field, reader) => field === 1 && ((status = STATUSES[reader.int32()] ?? "UNKNOWN"), true));
    return { status };
  },
};

function readFields(bytes: Uint8Array, take: (field: number, reader: BinaryReader) => boolean): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (!take(field, reader)) reader.skip(type, field);
  }
}

/** One method of the health service. */
export interface HealthMethod<Streams extends boolean> extends MethodDefinition {
  readonly requestType: MessageCodec<HealthQuestion>;
  readonly requestStream: false;
  readonly responseType: MessageCodec<HealthAnswer>;
  readonly responseStream: Streams;
}

/** The health service, as the generated ones are. */
export const HealthService: {
  readonly fullName: string;
  readonly methods: { readonly check: HealthMethod<false>; readonly watch: HealthMethod<true> };
} = {
  fullName: "grpc.health.v1.Health",
  methods: {
    check: { name: "Check", requestType: question, requestStream: false, responseType: answer, responseStream: false },
    watch: { name: "Watch", requestType: question, requestStream: false, responseType: answer, responseStream: true },
  },
};
