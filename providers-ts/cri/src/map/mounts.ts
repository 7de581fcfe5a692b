/** Mounts of a container: its volumes, and the files that the provider brings. Pure. */
import { posix } from "node:path";
import type { VolumeMountStatus } from "@outboard/contract";
import { RuntimeError, type ContainerSpec } from "@outboard/provider-sdk";
import { type ImageSpec, type Mount, MountPropagation } from "../gen/runtime/v1/api.js";
import type { ContainerJson, VolumeMountJson } from "./pod-json.js";

const PROPAGATIONS: Readonly<Record<string, MountPropagation>> = {
  HostToContainer: MountPropagation.PROPAGATION_HOST_TO_CONTAINER,
  Bidirectional: MountPropagation.PROPAGATION_BIDIRECTIONAL,
};

export interface MountMeans {
  readonly hostsFile: string;
  /** The images of volumes as the runtime knows them, by the volume's name. */
  readonly images: ReadonlyMap<string, ImageSpec>;
  /** The handler can make what lies below a mount read-only too. */
  readonly recursiveReadOnly: boolean;
}

/** Volumes win over the provider's own files. */
export function containerMounts(spec: ContainerSpec, json: ContainerJson, means: MountMeans): readonly Mount[] {
  const volumes = spec.mounts.map((mount) => {
    const asked = json.volumeMounts?.find(({ mountPath }) => mountPath === mount.mountPath);
    return {
      containerPath: posix.resolve("/", mount.mountPath),
      hostPath: mount.source,
      readonly: mount.readOnly,
      selinuxRelabel: false,
      propagation: PROPAGATIONS[asked?.mountPropagation ?? ""] ?? MountPropagation.PROPAGATION_PRIVATE,
      recursiveReadOnly: isRecursive(mount, asked, means),
      image: means.images.get(mount.volume),
      imageSubPath: mount.image?.subPath ?? "",
    };
  });
  const own = [
    toFile("/etc/hosts", means.hostsFile),
    ...(spec.terminationMessagePath === ""
      ? []
      : [toFile(posix.resolve("/", spec.terminationMessagePath), spec.terminationMessageFile)]),
  ];
  const taken = new Set(volumes.map(({ containerPath }) => containerPath));
  return [...volumes, ...own.filter(({ containerPath }) => !taken.has(containerPath))];
}

function toFile(containerPath: string, hostPath: string): Mount {
  return {
    containerPath,
    hostPath,
    readonly: false,
    selinuxRelabel: false,
    propagation: MountPropagation.PROPAGATION_PRIVATE,
    recursiveReadOnly: false,
    imageSubPath: "",
  };
}

function isRecursive(
  mount: ContainerSpec["mounts"][number],
  asked: VolumeMountJson | undefined,
  { recursiveReadOnly }: MountMeans,
): boolean {
  const mode = asked?.recursiveReadOnly ?? "Disabled";
  if (mode === "Disabled") return false;
  const refuse = (why: string): RuntimeError =>
    new RuntimeError(
      "CreateContainerConfigError",
      `volume "${mount.volume}" requested recursive read-only mode, but it is ${why}`,
    );
  if (!mount.readOnly) throw refuse("not read-only");
  if (mode === "Enabled" && !recursiveReadOnly) throw refuse("not supported by the runtime");
  return recursiveReadOnly;
}

/** As the Pod's status shows them. */
export function mountStatuses(spec: ContainerSpec, mounts: readonly Mount[]): readonly VolumeMountStatus[] {
  return spec.mounts.map(({ volume, mountPath, readOnly }) => {
    const made = mounts.find(({ containerPath }) => containerPath === posix.resolve("/", mountPath));
    const recursive = made?.recursiveReadOnly === true ? "Enabled" : "Disabled";
    return { name: volume, mountPath, readOnly, recursiveReadOnly: readOnly ? recursive : "" };
  });
}
