/** What a simulated container sees of its inputs: environment and files. */
import { AddressSlot, type Value } from "@outboard/contract";
import type { HeldPod, Pods } from "../pods.js";

/** The environment of the running instance, as it was at its start; of equal names the last one stands. */
export function environmentOf(pods: Pods, held: HeldPod, container: string): ReadonlyMap<string, Uint8Array> {
  const inputs = pods.startedWith(held.state.uid, container);
  const found = new Map<string, Uint8Array>();
  for (const { name, value } of inputs?.env ?? []) found.set(name, resolve(held, value));
  return found;
}

/** What the running instance prints where its command is echo; undefined for any other command. */
export function echoedBy(pods: Pods, held: HeldPod, container: string): string | undefined {
  const inputs = pods.startedWith(held.state.uid, container);
  const [name, ...words] = [...(inputs?.command ?? []), ...(inputs?.args ?? [])].map((value) =>
    Buffer.from(resolve(held, value)).toString("utf8"),
  );
  return name === "echo" ? words.join(" ") : undefined;
}

/** The content of a file below one of the container's volume mounts; undefined: there is none. */
export function readFile(held: HeldPod, container: string, path: string): Uint8Array | undefined {
  const mounts = held.state.containers.find(({ name }) => name === container)?.mounts ?? [];
  for (const { volume, mountPath } of mounts) {
    const folder = mountPath.endsWith("/") ? mountPath : `${mountPath}/`;
    if (!path.startsWith(folder)) continue;
    const files = held.inputs.volumes.find(({ name }) => name === volume)?.files ?? [];
    const file = files.find((candidate) => candidate.path === path.slice(folder.length));
    if (file !== undefined) return file.content;
  }
  return undefined;
}

function resolve(held: HeldPod, value: Value | undefined): Uint8Array {
  const parts = (value?.parts ?? []).map(({ part }) => {
    if (part?.$case === "literal") return part.value;
    const isPod =
      part?.$case === "address" && (part.value === AddressSlot.POD_IP || part.value === AddressSlot.POD_IPS);
    return Buffer.from(isPod ? held.state.ip : "");
  });
  return Buffer.concat(parts);
}
