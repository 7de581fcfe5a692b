/** The node as the engine's machine is. Pure but for the addresses, the disk and the resolv.conf of this host. */
import {
  architectureName,
  diskSize,
  hostAddresses,
  KUBELET_HOLDS_BACK,
  nodeResources,
  type NodeReport,
  reachableDNS,
} from "@outboard/provider-sdk";
import { type EngineInfo, type EngineVersion, type ImageSummary, isPodman } from "../api/objects.js";

/** What was learnt from the engine last. */
export interface EngineFacts {
  readonly info: EngineInfo;
  readonly version: EngineVersion;
  readonly images: readonly ImageSummary[];
}

export interface NodeFacts {
  /** Undefined: the engine was never reached. */
  readonly engine: EngineFacts | undefined;
  readonly isReachable: boolean;
  readonly maxPods: number;
  readonly socketPath: string;
  readonly network: string;
  /** Folder on the file system that holds volumes and logs. */
  readonly state: string;
}

const MOST_IMAGES = 50;

/** See the head of this file. */
export function reportNode({
  engine,
  isReachable,
  maxPods,
  socketPath,
  network,
  state: folder,
}: NodeFacts): NodeReport {
  const state: Pick<NodeReport, "state" | "reason" | "message"> = isReachable
    ? { state: "ready" }
    : {
        state: "broken",
        reason: "ContainerEngineUnavailable",
        message: `the container engine at ${socketPath} does not answer`,
      };
  if (engine === undefined) return state;
  const { info, images } = engine;
  const name = isPodman(engine.version) ? "podman" : "docker";
  const version = engine.version.Version;
  return {
    ...state,
    node: {
      ...nodeResources(
        { cpuMillis: info.NCPU * 1000, memoryBytes: info.MemTotal, storageBytes: diskSize(folder), maxPods },
        KUBELET_HOLDS_BACK,
      ),
      dns: reachableDNS(),
      conditions: [],
      addresses: hostAddresses().map((address) => ({ type: "InternalIP", address })),
      labels: new Map(),
      taints: [],
      operatingSystem: "linux",
      architecture: architectureName(info.Architecture),
      containerRuntimeName: name,
      containerRuntimeVersion: version,
      runtimeHandlers: ["", ...Object.keys(info.Runtimes ?? {})].map((handler) => ({ name: handler })),
      images: images.slice(0, MOST_IMAGES).flatMap(toImage),
      kernelVersion: info.KernelVersion,
      osImage: info.OperatingSystem,
    },
    info: new Map([
      ["engine", `${name} ${version}, API ${engine.version.ApiVersion}`],
      ["socket", socketPath],
      ["network", network],
      ["storage driver", info.Driver ?? "unknown"],
      ["cgroups", `version ${info.CgroupVersion ?? "1"}`],
      ["live restore", info.LiveRestoreEnabled === true ? "on" : "off: pods end when the engine does"],
    ]),
  };
}

function toImage({
  RepoTags,
  RepoDigests,
  Size,
}: ImageSummary): readonly { readonly names: readonly string[]; readonly sizeBytes: bigint }[] {
  const names = [...(RepoDigests ?? []), ...(RepoTags ?? [])].filter((name) => !name.includes("<none>"));
  return names.length === 0 ? [] : [{ names, sizeBytes: BigInt(Size) }];
}
