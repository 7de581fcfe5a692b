/** The strategic merge patch of nodes/status: metadata that a node may change, and the status. Never the spec. */
import { changedMap, type Json, sameValue, withoutNulls } from "./json-diff.js";
import type { Node } from "./kubernetes.js";

const MAPS = ["capacity", "allocatable", "nodeInfo", "daemonEndpoints", "features"] as const;
const LISTS = ["images", "runtimeHandlers", "declaredFeatures", "volumesInUse"] as const;

type Conditions = NonNullable<NonNullable<Node["status"]>["conditions"]>;
type Body = Readonly<Record<string, Json>>;

/** Body of the PATCH; undefined: nothing differs, heartbeat times included. */
export function nodeStatusPatch(from: Node, to: Node): Body | undefined {
  const metadata: Record<string, Json> = {};
  for (const field of ["labels", "annotations"] as const) {
    const change = changedMap(from.metadata?.[field] ?? {}, to.metadata?.[field] ?? {});
    if (change !== undefined && change !== null) metadata[field] = change;
  }
  const status = statusChange(from.status ?? {}, to.status ?? {});
  const body: Record<string, Json> = {};
  if (Object.keys(metadata).length > 0) body["metadata"] = metadata;
  if (Object.keys(status).length > 0) body["status"] = status;
  return Object.keys(body).length === 0 ? undefined : body;
}

/** True if more than heartbeat times differs. */
export function nodeDiffers(from: Node, to: Node): boolean {
  return nodeStatusPatch(withoutHeartbeat(from), withoutHeartbeat(to)) !== undefined;
}

function statusChange(from: NonNullable<Node["status"]>, to: NonNullable<Node["status"]>): Body {
  const status: Record<string, Json> = {};
  for (const field of MAPS) {
    const change = changedMap(from[field], to[field]);
    if (change !== undefined) status[field] = change;
  }
  for (const field of LISTS) {
    if (!sameValue(from[field], to[field])) status[field] = withoutNulls(to[field]) ?? null;
  }
  if (!sameValue(from.addresses ?? [], to.addresses ?? [])) {
    // The API's merge key for addresses is wrong (type alone), so the list is replaced.
    status["addresses"] = [...(to.addresses ?? []).map((each) => ({ ...each })), { $patch: "replace" }];
  }
  const conditions = conditionChanges(from.conditions ?? [], to.conditions ?? []);
  if (conditions.length > 0) status["conditions"] = conditions;
  return status;
}

function conditionChanges(from: Conditions, to: Conditions): readonly Json[] {
  return to.flatMap((wanted) => {
    const change = changedMap(
      from.find(({ type }) => type === wanted.type),
      wanted,
    );
    return change === undefined ? [] : [{ type: wanted.type, ...change }];
  });
}

function withoutHeartbeat(node: Node): Node {
  const conditions = node.status?.conditions?.map(({ lastHeartbeatTime: _, ...rest }) => rest);
  return { ...node, status: { ...node.status, ...(conditions === undefined ? {} : { conditions }) } };
}
