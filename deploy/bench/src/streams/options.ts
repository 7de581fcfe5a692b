// The flags of `npm run bench -- streams`, read once; anything wrong is one clear line.

import { parseFlags, type Range, wholeNumber } from "../flags.js";
import { UsageError } from "../options.js";
import { type ContainerPlace, parsePlace } from "./protocol.js";

export interface StreamOptions {
  /** Measured rounds of each load; the targets take turns. One more before them is not measured. */
  readonly rounds: number;
  /** Bytes of one transfer, MiB. */
  readonly mebibytes: number;
  /** Execs one after the other, and as many again fifty at once, per round. */
  readonly starts: number;
  /** Sessions that wait; fewer where the target bears fewer. */
  readonly sessions: number;
  /** Keep the programs of every target on one core, the same one. */
  readonly oneCore: boolean;
  /** File for the figures; absent: none. */
  readonly json?: string;
  /** Folder for CPU profiles of the gateways; absent: none are taken. */
  readonly cpuProf?: string;
  /** A real kubelet for the same loads; absent: ours alone. */
  readonly kubelet?: KubeletOptions;
}

export interface KubeletOptions {
  readonly url: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly pid: number;
  /** Of the container runtime and whatever else carries bytes; may be empty. */
  readonly runtimePids: readonly number[];
  readonly place: ContainerPlace;
  readonly echoPort: number;
  /** File of the network namespace in which the URL is reachable; absent: ours. */
  readonly netns?: string;
}

export const STREAMS_USAGE = `usage: npm run bench -- streams [flags]   exec, port-forward and logs, beside a real kubelet if there is one

  --rounds N                 measured rounds of each load, of which the median counts (default 3)
  --mebibytes N              size of one transfer (default 100)
  --starts N                 execs per round, one after the other and fifty at once (default 50)
  --sessions N               exec sessions that wait (default 150; 50 on the memory provider)
  --one-core                 keep gateway and provider, kubelet and runtime on one core
  --json FILE                write all figures to FILE
  --cpu-prof DIR             write CPU profiles of the gateways to DIR
  --kubelet-url URL          a real kubelet's port; the flags below go with it, NOTES.md has the pod
  --kubelet-cert FILE        client certificate that may use its streams, PEM
  --kubelet-key FILE         its key
  --kubelet-pid PID          the kubelet's process
  --kubelet-runtime-pid PID  process of its container runtime, may be repeated (default: not counted)
  --kubelet-pod NS/POD/CONTAINER
  --kubelet-echo-port N      the port on which the pod gives back what it gets (default 9001)
  --netns FILE               network namespace in which the URL is reachable (default: our own)`;

const FLAGS = {
  rounds: { type: "string" },
  mebibytes: { type: "string" },
  starts: { type: "string" },
  sessions: { type: "string" },
  "one-core": { type: "boolean" },
  json: { type: "string" },
  "cpu-prof": { type: "string" },
  "kubelet-url": { type: "string" },
  "kubelet-cert": { type: "string" },
  "kubelet-key": { type: "string" },
  "kubelet-pid": { type: "string" },
  "kubelet-runtime-pid": { type: "string", multiple: true },
  "kubelet-pod": { type: "string" },
  "kubelet-echo-port": { type: "string" },
  netns: { type: "string" },
} as const;

type Values = ReturnType<typeof parseFlags<typeof FLAGS>>;
type TextFlag = Exclude<keyof typeof FLAGS, "kubelet-runtime-pid" | "one-core">;

const MOST_PID = 2 ** 22;
const KUBELET_ONLY = [
  "kubelet-cert",
  "kubelet-key",
  "kubelet-pid",
  "kubelet-pod",
  "kubelet-echo-port",
  "netns",
] as const;

/** Reads the words after `streams`. @throws UsageError */
export function readStreamOptions(words: readonly string[]): StreamOptions {
  const values = parseFlags(words, FLAGS);
  const { json, "cpu-prof": cpuProf } = values;
  const kubelet = readKubelet(values);
  return {
    rounds: toNumber(values, "rounds", [1, 20], 3),
    mebibytes: toNumber(values, "mebibytes", [1, 4_096], 100),
    starts: toNumber(values, "starts", [1, 1_000], 50),
    sessions: toNumber(values, "sessions", [1, 200], 150),
    oneCore: values["one-core"] ?? false,
    ...(json === undefined ? {} : { json }),
    ...(cpuProf === undefined ? {} : { cpuProf }),
    ...(kubelet === undefined ? {} : { kubelet }),
  };
}

function readKubelet(values: Values): KubeletOptions | undefined {
  const { "kubelet-url": url, "kubelet-runtime-pid": runtimePids = [], netns } = values;
  if (url === undefined) {
    const lonely = KUBELET_ONLY.find((name) => values[name] !== undefined);
    if (lonely !== undefined || runtimePids.length > 0)
      throw new UsageError(`--${lonely ?? "kubelet-runtime-pid"} needs --kubelet-url`);
    return undefined;
  }
  if (!/^https:\/\/[^/]+$/.test(url)) throw new UsageError(`--kubelet-url must be https://HOST:PORT, not "${url}"`);
  const place = parsePlace(required(values, "kubelet-pod"));
  if (place === undefined) throw new UsageError("--kubelet-pod must be NAMESPACE/POD/CONTAINER");
  return {
    url,
    certFile: required(values, "kubelet-cert"),
    keyFile: required(values, "kubelet-key"),
    pid: toNumber(values, "kubelet-pid", [1, MOST_PID]),
    runtimePids: runtimePids.map((text) => wholeNumber("kubelet-runtime-pid", text, [1, MOST_PID])),
    place,
    echoPort: toNumber(values, "kubelet-echo-port", [1, 65_535], 9001),
    ...(netns === undefined ? {} : { netns }),
  };
}

function required(values: Values, name: TextFlag): string {
  const value = values[name];
  if (value === undefined) throw new UsageError(`--kubelet-url needs --${name}`);
  return value;
}

/** Without a fallback the flag must be there. */
function toNumber(values: Values, name: TextFlag, range: Range, fallback?: number): number {
  if (fallback !== undefined && values[name] === undefined) return fallback;
  return wholeNumber(name, required(values, name), range);
}
