// The root file system of busybox: every applet, the folders and accounts that images have.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createLayer, type Layer } from "./layer.js";

export interface Accounts {
  readonly passwd: string;
  readonly group: string;
}

const BUSYBOX = "/usr/bin/busybox";
const FOLDERS =
  "bin dev etc home lib lib64 proc root sbin sys usr usr/bin usr/sbin usr/local usr/local/bin var var/spool run var/run var/log";
const PASSWD = [
  "root:x:0:0:root:/root:/bin/sh",
  "daemon:x:1:1:daemon:/usr/sbin:/bin/false",
  "bin:x:2:2:bin:/bin:/bin/false",
  "sys:x:3:3:sys:/dev:/bin/false",
  "www-data:x:33:33:www-data:/var/www:/bin/false",
  "nobody:x:65534:65534:nobody:/home:/bin/false",
];
const GROUPS = "root:0 daemon:1 bin:2 sys:3 adm:4 tty:5 disk:6 www-data:33 nogroup:65534";

export function busyboxLayer(accounts: Accounts = { passwd: "", group: "" }): Layer {
  const layer = createLayer();
  for (const path of FOLDERS.split(" ")) layer.folder(path);
  for (const path of ["tmp", "var/tmp"]) layer.folder(path, { mode: 0o1777 });
  layer.file("bin/busybox", readFileSync(BUSYBOX), { mode: 0o755 });
  for (const applet of applets()) layer.link(`bin/${applet}`, "busybox");
  layer.link("usr/bin/env", "/bin/env");
  layer.file("etc/passwd", `${PASSWD.join("\n")}\n${accounts.passwd}`);
  layer.file("etc/group", `${groups()}${accounts.group}`);
  layer.file("etc/shadow", "root:*:::::::\n", { mode: 0o600 });
  layer.file("etc/nsswitch.conf", "hosts: files dns\n");
  layer.file("etc/hostname", "img\n");
  layer.file("etc/hosts", "127.0.0.1 localhost\n");
  return layer;
}

function applets(): string[] {
  const list = execFileSync(BUSYBOX, ["--list"], { encoding: "utf8" });
  return list.split("\n").filter((name) => name !== "" && name !== "busybox");
}

function groups(): string {
  const lines = GROUPS.split(" ").map((group) => group.split(":"));
  return lines.map(([name, id]) => `${name}:x:${id}:\n`).join("");
}
