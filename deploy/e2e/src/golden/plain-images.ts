// The test images as they were when the cases were recorded: busybox with its own shell and nothing over it.

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const BUSYBOX = /\/busybox:[^/]*$/;
/** The same root file system without a layer over it. */
const PLAIN = "registry.k8s.io/e2e-test-images/glibc-dns-testing:2.1.1";

/** Makes a store in this folder, which lives on the other one's content. @throws when that has no plain busybox */
export function plainImages(store: string, folder: string): string {
  const index = JSON.parse(readFileSync(join(store, "index.json"), "utf8")) as Readonly<Record<string, string>>;
  const plain = index[PLAIN];
  if (plain === undefined) throw new Error(`${store} has no image ${PLAIN}`);
  const entries = Object.entries(index).map(([name, digest]) => [name, BUSYBOX.test(name) ? plain : digest]);
  mkdirSync(folder);
  symlinkSync(join(store, "blobs"), join(folder, "blobs"));
  writeFileSync(join(folder, "index.json"), JSON.stringify(Object.fromEntries(entries)));
  return folder;
}
