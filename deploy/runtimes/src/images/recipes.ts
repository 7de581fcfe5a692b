// The images that tests name, made of busybox, agnhost and pause. Stand-ins only run and serve; they are not the originals.

import { readFileSync } from "node:fs";
import type { ImageProgram } from "../components.js";
import { agnhostBase, agnhostProgram } from "./agnhost.js";
import { busyboxLayer } from "./busybox.js";
import { makeCriToolsImages } from "./cri-tools.js";
import { createLayer, type Layer } from "./layer.js";
import { pauseLayer } from "./pause.js";
import { shellLayer } from "./shell.js";
import type { ImageConfig, LayerRef, StoreWriter } from "./store.js";

export interface Ingredients {
  readonly programs: Readonly<Record<ImageProgram, string>>;
  /** Folder of the Kubernetes module's source. */
  readonly kubernetesSource: string;
  readonly signal: AbortSignal;
}

/** Changes with the recipes, so that an old store is not taken for a new one. */
export const RECIPES_VERSION = 4;

/** The sandbox image for runtimes that need one named. */
export const PAUSE_IMAGE = "registry.k8s.io/pause:3.10.2";
export const BUSYBOX_IMAGE = "registry.k8s.io/e2e-test-images/busybox:1.37.0-2";
/** busybox whose user is 1234. */
export const NONROOT_IMAGE = "registry.k8s.io/e2e-test-images/nonroot:1.5";
export const AGNHOST_IMAGE = "registry.k8s.io/e2e-test-images/agnhost:2.66.1";

const E2E = "registry.k8s.io/e2e-test-images/";
const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const NGINX_PAGE =
  "<html><head><title>Welcome to nginx!</title></head><body><h1>Welcome to nginx!</h1> stand-in: busybox httpd</body></html>\n";

/** Tests look for nginx's master process and its pid file, and stop it with QUIT. */
const NGINX =
  ": nginx: master process; trap 'exit 0' QUIT TERM; echo $$ >/var/run/nginx.pid; httpd -f -p 80 -h /usr/share/nginx/html & wait";

export async function makeImages(store: StoreWriter, ingredients: Ingredients): Promise<void> {
  const add = (layer: Layer): LayerRef => store.layer(layer.bytes());
  const image = (names: readonly string[], layers: readonly LayerRef[], config: ImageConfig): void =>
    store.image(names, layers, { Env: [PATH], ...config });
  const pause = add(await pauseLayer(ingredients.kubernetesSource, ingredients.signal));
  const pauses = ["3.10.2", "3.10.1", "3.10", "3.6", "latest"].map((tag) => `registry.k8s.io/pause:${tag}`);
  image(pauses, [pause], { User: "65535:65535", Entrypoint: ["/pause"], WorkingDir: "/" });
  const busybox = add(busyboxLayer());
  image(busyboxNames(), [busybox, add(await shellLayer(ingredients.signal))], { Cmd: ["sh"], WorkingDir: "/" });
  image(names("glibc-dns-testing:2.1.1", "ipc-utils:1.4"), [busybox], { Cmd: ["sh"] });
  image(names("nonroot:1.5"), [busybox], { Cmd: ["sh"], User: "1234" });
  image(names("nginx:1.27.0-2", "nginx:1.28.0-2", "nginx:1.14-2", "httpd:2.4.39-4"), [busybox, add(nginxLayer())], {
    Cmd: ["sh", "-c", NGINX],
    StopSignal: "SIGQUIT",
  });
  image(names("kitten:1.8"), [busybox, add(kittenLayer())], { Cmd: ["/pet-server"] });
  image(names("nonewprivs:1.4", "nonewprivs:1.3"), [busybox, add(nonewprivsLayer(ingredients))], { Cmd: ["nnp"] });
  const agnhost = agnhostProgram(ingredients.programs.agnhost, ingredients.kubernetesSource);
  image(names("agnhost:2.66.1", "agnhost:2.55"), [add(agnhostBase()), add(agnhost)], {
    Entrypoint: ["/agnhost"],
    Cmd: ["pause"],
    ExposedPorts: Object.fromEntries([80, 8080, 8081, 9376, 5000].map((port) => [`${port}/tcp`, {}])),
  });
  makeCriToolsImages(add, image, { busybox, pause });
  store.finish();
}

function names(...tags: readonly string[]): string[] {
  return tags.map((tag) => `${E2E}${tag}`);
}

function busyboxNames(): string[] {
  const e2e = names("busybox:1.37.0-2", "busybox:1.37.0-1", "busybox:1.36.1-1", "busybox:1.29-4");
  return [...e2e, "docker.io/library/busybox:latest", "docker.io/library/busybox:1.37"];
}

function nginxLayer(): Layer {
  const layer = createLayer();
  for (const path of ["usr/share", "usr/share/nginx", "usr/share/nginx/html"]) layer.folder(path);
  layer.file("usr/share/nginx/html/index.html", NGINX_PAGE);
  return layer;
}

function kittenLayer(): Layer {
  const layer = createLayer();
  const data = '{"image":"kitten.jpg"}';
  layer.folder("etc");
  layer.file("etc/os-release", 'NAME="Alpine Linux"\n# stand-in\n');
  layer.file("pet-server", "#!/bin/sh\nexec httpd -f -p 80 -h /\n", { mode: 0o755 });
  layer.file("kitten.jpg", "not a jpeg");
  layer.file("data.json", data);
  layer.folder("html");
  layer.file("html/data.json", data);
  return layer;
}

function nonewprivsLayer({ programs }: Ingredients): Layer {
  const layer = createLayer();
  layer.folder("usr/local/bin");
  layer.file("usr/local/bin/nnp", readFileSync(programs.nonewprivs), { mode: 0o6755 });
  return layer;
}
