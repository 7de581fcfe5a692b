/** The two services of a CRI socket, on one connection that is made again when it is lost. */
import { connect, openChannel, parseAddress, type Client } from "@outboard/contract";
import { ImageServiceDefinition, RuntimeServiceDefinition } from "../gen/runtime/v1/api.js";

export type RuntimeService = Client<typeof RuntimeServiceDefinition>;
export type ImageService = Client<typeof ImageServiceDefinition>;

export interface CriClient extends Disposable {
  readonly runtime: RuntimeService;
  readonly images: ImageService;
}

/** @param address unix:///run/containerd/containerd.sock. @throws Error naming what is wrong with it. */
export function openCri(address: string): CriClient {
  const channel = openChannel({ address: parseAddress(address) });
  return {
    runtime: connect(RuntimeServiceDefinition, channel),
    images: connect(ImageServiceDefinition, channel),
    [Symbol.dispose]: () => channel[Symbol.dispose](),
  };
}

/** How long calls may take, milliseconds; as with the kubelet. */
export const DEADLINES = {
  quick: 10_000,
  usual: 120_000,
  sandbox: 240_000,
  /** A pull has no limit of its own; the channel wants one. */
  pull: 86_400_000,
} as const;
