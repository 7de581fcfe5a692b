/** Files that are there whole or not at all, and stay over a crash of the machine. */
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Replaces the file, readable by its owner only. */
export function writeDurably(file: string, text: string): void {
  const temporary = `${file}.new`;
  withDescriptor(temporary, "w", (descriptor) => {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  });
  renameSync(temporary, file);
  withDescriptor(path.dirname(file), "r", fsyncSync);
}

function withDescriptor(name: string, flags: string, use: (descriptor: number) => void): void {
  const descriptor = openSync(name, flags, 0o600);
  try {
    use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
