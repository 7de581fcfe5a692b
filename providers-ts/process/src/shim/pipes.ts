/**
 * Real pipes for containers. Node makes socket pairs for children, and a socket cannot be opened again through
 * /dev/stdout; so named pipes are made with mkfifo, opened at both ends and unlinked at once.
 */
import { execFile } from "node:child_process";
import { closeSync, constants, fchownSync, openSync, unlinkSync } from "node:fs";
import { Socket } from "node:net";

export interface Pipe {
  /** The child's end, blocking; close it after the start. */
  readonly child: number;
  /** Our end. */
  readonly socket: Socket;
}

export interface PipeOwner {
  readonly uid: number;
  readonly gid: number;
}

let serial = 0;

/** One pipe per direction asked for: "out" is read by us, "in" is written by us. */
export async function makePipes(directions: readonly ("in" | "out")[], owner: PipeOwner): Promise<readonly Pipe[]> {
  const names = directions.map(() => `pipe-${String(process.pid)}-${String(serial++)}`);
  await new Promise<void>((resolve, reject) => {
    execFile("mkfifo", ["-m", "600", ...names], (error) => (error === null ? resolve() : reject(error)));
  });
  try {
    return names.map((name, index) => openPipe(name, directions[index] ?? "out", owner));
  } finally {
    for (const name of names) unlinkSync(name);
  }
}

function openPipe(name: string, direction: "in" | "out", owner: PipeOwner): Pipe {
  // Held while both ends are opened, so that neither open waits for the other; not shared with the child, which must
  // get a description of its own without O_NONBLOCK.
  const holder = openSync(name, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    const reads = direction === "out";
    const child = openSync(name, reads ? constants.O_WRONLY : constants.O_RDONLY);
    own(child, owner);
    const ours = openSync(name, (reads ? constants.O_RDONLY : constants.O_WRONLY) | constants.O_NONBLOCK);
    return { child, socket: new Socket({ fd: ours, readable: reads, writable: !reads }) };
  } finally {
    closeSync(holder);
  }
}

/** The container's user may open /dev/stdout again only if it owns the pipe. */
function own(descriptor: number, { uid, gid }: PipeOwner): void {
  try {
    fchownSync(descriptor, uid, gid);
  } catch {
    // Without privileges there is only one user anyway.
  }
}
