// The images that critest names. One of them it names by its digest: that one cannot be made here.

import { busyboxLayer } from "./busybox.js";
import { createLayer, type Layer } from "./layer.js";
import type { ImageConfig, LayerRef } from "./store.js";

export type AddLayer = (layer: Layer) => LayerRef;
export type AddImage = (names: readonly string[], layers: readonly LayerRef[], config: ImageConfig) => void;

export const CRI_TOOLS_REPOSITORY = "gcr.io/k8s-staging-cri-tools/";

const USERS: Readonly<Record<string, string>> = {
  "test-image-user-uid": "1002",
  "test-image-user-username": "www-data",
  "test-image-user-uid-group": "1003:users",
  "test-image-user-username-group": "www-data:100",
};
/** Several tags of one image, then images of one tag each. */
const PLAIN: readonly (readonly string[])[] = [
  ["test-image-tags:1", "test-image-tags:2", "test-image-tags:3"],
  ["test-image-latest:latest"],
  ["test-image-tag:test"],
  ["test-image-tag:all"],
  ["test-image-1:latest"],
  ["test-image-2:latest"],
  ["test-image-3:latest"],
];
const ACCOUNTS = {
  passwd: "default-user:x:1000:1000:Linux User,,,:/home/default-user:/bin/sh\n",
  group: "default-user:x:1000:\ngroup-defined-in-image:x:50000:default-user\n",
};
const HOST_NETWORK_PORT = "12003";

const TOOLS: Readonly<Record<string, string>> = {
  ipcs: "exec cat /proc/sysvipc/shm",
  pgrep: 'for last; do :; done; grep -lsa "$last" /proc/[0-9]*/comm | cut -d/ -f3 | grep .',
};

export function makeCriToolsImages(
  add: AddLayer,
  image: AddImage,
  { busybox, pause }: { readonly busybox: LayerRef; readonly pause: LayerRef },
): void {
  const named = (names: readonly string[]): string[] => names.map((name) => `${CRI_TOOLS_REPOSITORY}${name}`);
  for (const [name, user] of Object.entries(USERS))
    image(named([`${name}:latest`]), [busybox], { Cmd: ["sh"], User: user });
  for (const names of PLAIN) image(named(names), [busybox, add(markLayer(names))], { Cmd: ["sh"] });
  const predefined = add(busyboxLayer(ACCOUNTS));
  image(named(["test-image-predefined-group:latest"]), [predefined], { Cmd: ["sh"], User: "1000" });
  image(named(["hostnet-nginx-amd64:latest", "hostnet-nginx-arm64:latest"]), [busybox, add(pageLayer())], {
    Cmd: ["httpd", "-f", "-p", HOST_NETWORK_PORT, "-h", "/"],
  });
  image(["registry.k8s.io/e2e-test-images/busybox:1.29-2"], [busybox, add(toolsLayer())], { Cmd: ["sh"] });
  // Known under two registries, and different from every other image.
  const config = { Entrypoint: ["/pause"], User: "65535:65535", WorkingDir: "/pause-3.9" };
  image(["registry.k8s.io/pause:3.9", "k8s.gcr.io/pause:3.9"], [pause], config);
}

/** What Debian's busybox leaves out. */
function toolsLayer(): Layer {
  const layer = createLayer();
  layer.folder("bin");
  for (const [name, script] of Object.entries(TOOLS))
    layer.file(`bin/${name}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return layer;
}

/** Makes images different. */
function markLayer(names: readonly string[]): Layer {
  const layer = createLayer();
  layer.file("mark", `${names.join(" ")}\n`);
  return layer;
}

function pageLayer(): Layer {
  const layer = createLayer();
  layer.file("index.html", "stand-in: busybox httpd\n");
  return layer;
}
