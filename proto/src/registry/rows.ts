/** Shapes of the rows of the registries of the table of fields and of the descriptors; the rows themselves are generated. */

/** A part of the contract that a provider may leave out. */
export interface CapabilityRow<Id extends string = string> {
  /** Number on the wire. */
  readonly number: number;
  /** Stable id, for example "logs.follow". */
  readonly id: Id;
  /** One sentence for people. */
  readonly text: string;
  /** Capabilities that must be declared together with this one. */
  readonly requires: readonly Id[];
  /** RPC that answers UNIMPLEMENTED / CAPABILITY when undeclared; empty: none. */
  readonly rpc: string;
}

/** Something that a pod may ask for. */
export interface FeatureRow<Id extends string = string> {
  /** Number on the wire. */
  readonly number: number;
  /** Stable id, for example "init_containers". */
  readonly id: Id;
  /** One sentence for people. */
  readonly text: string;
  /** JSON paths below the Pod; "[]" stands for every element. */
  readonly kubernetesFields: readonly string[];
  /** A narrower condition in words; empty: the paths decide. */
  readonly usedWhen: string;
  /** Clause of the conformance suite; empty: declared only. */
  readonly check: string;
  /** Name for the Node's status.declaredFeatures; empty: none. */
  readonly declaredFeature: string;
  /** Belongs to profile base: honoured by every provider, never listed. */
  readonly base: boolean;
}

/** Why a provider refuses a call. */
export interface ReasonRow<Name extends string = string> {
  /** Number in the proto; never on the wire. */
  readonly number: number;
  /** Text of ErrorInfo.reason. */
  readonly name: Name;
  /** gRPC status code that goes with it. */
  readonly code: string;
  /** What the gateway does. */
  readonly action: string;
}

/** One field of a message. */
export interface FieldRow {
  /** Name in the proto. */
  readonly name: string;
  /** Kind of the value, or of each element. */
  readonly kind: "string" | "bytes" | "scalar" | "message";
  /** Full name of the message type, for kind message. */
  readonly type?: string;
  readonly list?: "repeated" | "map";
  /** Property that holds the union, for members of a oneof. */
  readonly oneof?: string;
  /** Longest value, element, map key or map value, bytes. */
  readonly maxBytes?: number;
  /** Most elements. */
  readonly maxItems?: number;
  /** May hold a secret. */
  readonly sensitive?: true;
}

/** One compiled proto file. */
export interface DescriptorRow {
  /** Path, as other files import it. */
  readonly name: string;
  /** Paths of the files that it imports. */
  readonly dependencies: readonly string[];
  /** Full names of its services. */
  readonly services: readonly string[];
  /** Full names of everything that it declares. */
  readonly symbols: readonly string[];
  readonly extensions: readonly { readonly type: string; readonly number: number }[];
  /** FileDescriptorProto, base64. */
  readonly bytes: string;
}
