/**
 * The shape of ts-proto's generic service definitions, and what client and server make of each of the four call kinds.
 * Nothing here knows a transport.
 */
import type { BinaryWriter } from "@bufbuild/protobuf/wire";

/** Encodes and decodes one message type. */
export interface MessageCodec<T> {
  /** Appends to the writer; without one to a new one. */
  encode(message: T, writer?: BinaryWriter): { finish(): Uint8Array };
  decode(input: Uint8Array): T;
}

/** One RPC. */
export interface MethodDefinition {
  readonly name: string;
  readonly requestType: MessageCodec<unknown>;
  readonly requestStream: boolean;
  readonly responseType: MessageCodec<unknown>;
  readonly responseStream: boolean;
}

/** One service, as generated. */
export interface ServiceDefinition {
  readonly fullName: string;
  readonly methods: Readonly<Record<string, MethodDefinition>>;
}

/** Request message of a method. */
export type RequestOf<Method extends MethodDefinition> = ReturnType<Method["requestType"]["decode"]>;
/** Response message of a method. */
export type ResponseOf<Method extends MethodDefinition> = ReturnType<Method["responseType"]["decode"]>;

/** What a handler is told about the call it serves. */
export interface CallContext {
  /** Aborts when the client is gone, the deadline has passed, or the server gives up draining. */
  readonly signal: AbortSignal;
  /** Aborts when the server begins to shut down: streams that have no end of their own should end now. */
  readonly stopping: AbortSignal;
  /** Path of the method, for logs: "/outboard.provider.v1.PodService/CreatePod". */
  readonly path: string;
  /** First text value of a request metadata key, lower case; undefined when it was not sent. */
  metadata(key: string): string | undefined;
}

/** How a call is made. */
export interface CallOptions {
  /** Ends the call; its promise or iteration then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Milliseconds until the call fails with DEADLINE_EXCEEDED. Unary calls: default 10000. Streams: default none. */
  readonly deadlineMs?: number;
  /** Request metadata. */
  readonly metadata?: Readonly<Record<string, string>>;
}

type InputOf<Method extends MethodDefinition> = Method["requestStream"] extends true
  ? AsyncIterable<RequestOf<Method>>
  : RequestOf<Method>;
type OutputOf<Method extends MethodDefinition> = Method["responseStream"] extends true
  ? AsyncIterable<ResponseOf<Method>>
  : Promise<ResponseOf<Method>>;

/** Handlers of a service, one for each method. */
export type Handlers<Service extends ServiceDefinition> = {
  readonly [Name in keyof Service["methods"]]: (
    input: InputOf<Service["methods"][Name]>,
    context: CallContext,
  ) => OutputOf<Service["methods"][Name]>;
};

/** Client of a service, one function for each method. */
export type Client<Service extends ServiceDefinition> = {
  readonly [Name in keyof Service["methods"]]: (
    input: InputOf<Service["methods"][Name]>,
    options: CallOptions,
  ) => OutputOf<Service["methods"][Name]>;
};
