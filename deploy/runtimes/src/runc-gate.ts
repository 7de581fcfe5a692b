// Makes runc wait: a shell script in its place, inside the enclosure, that holds chosen calls while a file is there.

import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustBeEnclosed } from "./enclosure.js";

/** Something that waits until it is let go. */
export interface Hold {
  arm(): void;
  /** Whether it waits now. */
  isReached(): boolean;
  release(): void;
}

export interface RuncGate extends Disposable {
  /** Holds the next creation whose configuration has the text. */
  create(text: string): Hold;
  /** Holds the deletion of the container with this id. */
  remove(id: string): Hold;
  /** Id of the container whose call waits, or was the last to wait; undefined: none was. */
  heldId(): string | undefined;
}

const RUNC = "/usr/sbin/runc";

/** Only inside an enclosure: mounts there are of its own. */
export function installRuncGate(): RuncGate {
  mustBeEnclosed("a runc that can be held");
  const folder = mkdtempSync(join(tmpdir(), "runc-"));
  copyFileSync(RUNC, join(folder, "runc"));
  const script = join(folder, "gate.sh");
  writeFileSync(script, gateScript(folder), { mode: 0o755 });
  execFileSync("mount", ["--bind", script, RUNC]);
  const hold = (word: string, text: string): Hold => holdOf(folder, `${word} ${text}`);
  return {
    create: (text) => hold("create", text),
    remove: (id) => hold("delete", id),
    heldId: () => heldId(join(folder, "reached")),
    [Symbol.dispose]: () => {
      rmSync(join(folder, "hold"), { force: true });
      execFileSync("umount", ["-l", RUNC]);
    },
  };
}

function holdOf(folder: string, line: string): Hold {
  const [hold, reached] = [join(folder, "hold"), join(folder, "reached")];
  return {
    arm: () => {
      rmSync(reached, { force: true });
      writeFileSync(hold, `${line}\n`);
    },
    isReached: () => existsSync(reached),
    release: () => rmSync(hold, { force: true }),
  };
}

function heldId(reached: string): string | undefined {
  return existsSync(reached) ? readFileSync(reached, "utf8").trim() : undefined;
}

/** Arguments are: flags, the command, its flags, the id. */
function gateScript(folder: string): string {
  return `#!/bin/sh
hold=${folder}/hold
if [ -e $hold ]; then
  read -r word text <$hold
  for each in "$@"; do
    [ "$each" = "$word" ] && isWord=1
    [ "$last" = --bundle ] && bundle=$each
    last=$each
  done
  case $word$isWord in
  create1) grep -qF -- "$text" "$bundle/config.json" && isHeld=1 ;;
  delete1) [ "$last" = "$text" ] && isHeld=1 ;;
  esac
  if [ -n "$isHeld" ]; then
    echo "$last" >${folder}/reached
    while [ -e $hold ]; do sleep 0.05; done
  fi
fi
exec ${folder}/runc "$@"
`;
}
