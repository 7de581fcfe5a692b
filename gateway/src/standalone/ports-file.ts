/** ports.json in the state folder: the ports that were chosen, there only while they are open. */
import { rmSync } from "node:fs";
import path from "node:path";
import { writeDurably } from "./durable-file.js";

/** Ports of one gateway. */
export interface GatewayPorts {
  readonly kubelet: number;
  readonly management: number;
}

/** The file; removed when disposed of. */
export interface PortsFile extends Disposable {
  write(ports: GatewayPorts): void;
}

/** Removes what an earlier process left; the folder must be locked. */
export function openPortsFile(folder: string): PortsFile {
  const file = path.join(folder, "ports.json");
  const remove = () => rmSync(file, { force: true });
  remove();
  return {
    write: ({ kubelet, management }) => writeDurably(file, `${JSON.stringify({ kubelet, management })}\n`),
    [Symbol.dispose]: remove,
  };
}
