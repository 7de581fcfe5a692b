/** A container of a pod as the body of the engine's create call. Pure. */
import { posix } from "node:path";
import { RuntimeError, type ContainerSpec, type Owner } from "@outboard/provider-sdk";
import { logConfig } from "./log-config.js";
import { containerLabels, type Identity } from "./labels.js";
import { readVolumeMounts } from "./manifest.js";
import { toResourceSettings } from "./resources.js";
import { planSecurity } from "./security.js";

/** What the pod's infra container says of it. */
export interface InfraFacts {
  readonly id: string;
  readonly identity: Identity;
  readonly sharesProcesses: boolean;
  readonly hostPID: boolean;
  readonly hostIPC: boolean;
  /** Docker gives the pod's host name to all by itself and wants none; podman wants it said. Undefined: not to be said. */
  readonly hostname: string | undefined;
  /** Of the engine, such as runc; undefined: its default. */
  readonly runtime: string | undefined;
  /** Files that the containers see at these paths. */
  readonly files: readonly { readonly source: string; readonly target: string }[];
}

export interface ContainerContext {
  readonly owner: Owner;
  readonly infra: InfraFacts;
  /** The image's name in full. */
  readonly image: string;
  readonly imageUser: string;
  /** Undefined: no limit. */
  readonly pidsLimit: number | undefined;
  readonly isPodman: boolean;
}

const PROPAGATION: Readonly<Record<string, string>> = { HostToContainer: "rslave", Bidirectional: "rshared" };

/** Rejects with a RuntimeError what cannot be honoured. */
export function containerBody(spec: ContainerSpec, context: ContainerContext): unknown {
  const { infra, owner, imageUser, pidsLimit } = context;
  const { identity } = infra;
  const who = `pod: "${identity.pod}_${identity.namespace}(${spec.uid})", container: ${spec.name}`;
  const { User, ...security } = planSecurity(spec.securityContext, imageUser, who);
  return {
    Image: context.image,
    ...(User === undefined ? {} : { User }),
    ...(spec.command.length === 0 ? {} : { Entrypoint: spec.command }),
    ...(spec.args.length === 0 ? {} : { Cmd: spec.args }),
    ...(spec.workingDir === "" ? {} : { WorkingDir: spec.workingDir }),
    ...(spec.stopSignal === "" ? {} : { StopSignal: `SIG${spec.stopSignal}` }),
    Env: environmentOf(spec),
    Labels: containerLabels(spec, identity, owner),
    ...(infra.hostname === undefined ? {} : { Hostname: infra.hostname }),
    Tty: spec.tty,
    OpenStdin: spec.stdin,
    StdinOnce: spec.stdin && spec.stdinOnce,
    // The pod's probes count; the image's own check would only cost.
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      ...namespacesOf(infra),
      Mounts: mountsOf(spec, infra),
      LogConfig: logConfig(context.isPodman),
      RestartPolicy: { Name: "no" },
      ...security,
      ...toResourceSettings(spec.resources),
      ...(pidsLimit === undefined ? {} : { PidsLimit: pidsLimit }),
      ...(infra.runtime === undefined ? {} : { Runtime: infra.runtime }),
    },
  };
}

function namespacesOf({ id, hostIPC, hostPID, sharesProcesses }: InfraFacts): Readonly<Record<string, string>> {
  const pidMode = hostPID ? "host" : sharesProcesses ? `container:${id}` : undefined;
  return {
    NetworkMode: `container:${id}`,
    IpcMode: hostIPC ? "host" : `container:${id}`,
    ...(pidMode === undefined ? {} : { PidMode: pidMode }),
  };
}

/** The API takes text only: other bytes would arrive changed. */
function environmentOf({ env }: ContainerSpec): readonly string[] {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return env.map(([name, value]) => {
    try {
      const text = decoder.decode(value);
      if (text.includes("\0")) throw new Error("zero byte");
      return `${name}=${text}`;
    } catch {
      const message = `environment variable ${JSON.stringify(name)} is not text: the engine's API cannot carry it`;
      throw new RuntimeError("CreateContainerConfigError", message);
    }
  });
}

/** Volumes, then the pod's own files where no volume has their place. */
function mountsOf(spec: ContainerSpec, { files }: InfraFacts): readonly unknown[] {
  const fields = readVolumeMounts(spec.manifest);
  const volumes = spec.mounts.map(({ volume, source, mountPath, readOnly }) => {
    const asked = fields.find((one) => one.name === volume && one.mountPath === mountPath)?.mountPropagation;
    return bind(source, posix.resolve("/", mountPath), { readOnly, propagation: PROPAGATION[asked ?? ""] });
  });
  const own = [
    ...files,
    { source: spec.terminationMessageFile, target: posix.resolve("/", spec.terminationMessagePath) },
  ].map(({ source, target }) => bind(source, target, { readOnly: false, propagation: undefined }));
  const taken = new Set(volumes.map(({ Target }) => Target));
  return [...volumes, ...own.filter(({ Target }) => !taken.has(Target))];
}

interface Bind {
  readonly Type: "bind";
  readonly Source: string;
  readonly Target: string;
  readonly ReadOnly: boolean;
  readonly BindOptions?: { readonly Propagation: string };
}

function bind(
  source: string,
  target: string,
  { readOnly, propagation }: { readonly readOnly: boolean; readonly propagation: string | undefined },
): Bind {
  return {
    Type: "bind",
    Source: source,
    Target: target,
    ReadOnly: readOnly,
    ...(propagation === undefined ? {} : { BindOptions: { Propagation: propagation } }),
  };
}
