/** What the provider keeps with an instance in the shim's journal, as JSON: nothing of the environment, nothing secret. */
import type { StartedContainer } from "@outboard/provider-sdk";
import type { Resources, VolumeMountStatus } from "@outboard/contract";
import type { Identity } from "../launch/security.js";
import type { InstanceRecord } from "../shim/protocol.js";

export interface Facts {
  readonly image: string;
  readonly imageId: string;
  readonly identity: Identity;
  readonly mounts: readonly VolumeMountStatus[];
  readonly resources?: {
    readonly requests: Readonly<Record<string, string>>;
    readonly limits: Readonly<Record<string, string>>;
  };
}

export function toStarted(record: InstanceRecord, facts: Facts): StartedContainer {
  const { uid, gid, groups } = facts.identity;
  return {
    id: record.id,
    startedAt: record.startedAt,
    image: facts.image,
    imageId: facts.imageId,
    user: { uid: BigInt(uid), gid: BigInt(gid), supplementalGroups: [gid, ...groups].map(BigInt) },
    mounts: facts.mounts,
    ...(facts.resources === undefined ? {} : { resources: fromPlain(facts.resources) }),
  };
}

export function toPlain({ requests, limits }: Resources): NonNullable<Facts["resources"]> {
  return { requests: Object.fromEntries(requests), limits: Object.fromEntries(limits) };
}

function fromPlain({ requests, limits }: NonNullable<Facts["resources"]>): Resources {
  return { requests: new Map(Object.entries(requests)), limits: new Map(Object.entries(limits)) };
}
