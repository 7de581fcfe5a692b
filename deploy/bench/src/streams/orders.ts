// What the bench asks its load clients for, and what they answer: one line of JSON each.

import type { ContainerPlace } from "./protocol.js";

/** Where a kubelet port is, and who calls it. */
export interface Endpoint {
  /** https://HOST:PORT */
  readonly url: string;
  /** PEM files of a client certificate that may use the node's streams. */
  readonly certFile: string;
  readonly keyFile: string;
}

/** The first line for a load client. */
export interface ClientSetup {
  readonly endpoint: Endpoint;
  readonly place: ContainerPlace;
}

export type Order =
  /** Commands that say something and end, so many at once. */
  | { readonly kind: "starts"; readonly command: readonly string[]; readonly count: number; readonly atOnce: number }
  /** One command that says so many bytes. */
  | { readonly kind: "exec-output"; readonly command: readonly string[]; readonly bytes: number }
  /** One command that reads so many bytes and then ends. */
  | { readonly kind: "exec-input"; readonly command: readonly string[]; readonly bytes: number }
  /** So many bytes through one forwarded connection and back. */
  | { readonly kind: "forward-echo"; readonly port: number; readonly bytes: number }
  /** The log from its start, followed, until so many lines came. */
  | { readonly kind: "logs"; readonly lines: number }
  /** The log followed from its end, while a command makes the container write so many lines. */
  | { readonly kind: "live-logs"; readonly command: readonly string[]; readonly lines: number }
  /** Opens commands that wait for input; they stay until "release". */
  | { readonly kind: "hold"; readonly command: readonly string[]; readonly count: number }
  | { readonly kind: "release" };

/** One exec, in milliseconds since its connection was asked for. */
export interface StartTimes {
  /** The upgrade was answered. */
  readonly openMs: number;
  /** The first byte of output came. */
  readonly firstMs: number;
  /** The verdict came. */
  readonly endMs: number;
}

export interface Outcome {
  /** Bytes, lines or sessions. */
  readonly units: number;
  readonly ms: number;
  /** For "starts". */
  readonly starts?: readonly StartTimes[];
}

export type Answer =
  | { readonly kind: "done"; readonly outcome: Outcome }
  | { readonly kind: "failed"; readonly message: string };
