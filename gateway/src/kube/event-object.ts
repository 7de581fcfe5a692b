/** The core/v1 Event that the kubelet would write for a draft. */
import { createHash, randomUUID } from "node:crypto";
import type { EventDraft, EventTarget } from "../ports/events.js";

export interface EventObject {
  readonly apiVersion: "v1";
  readonly kind: "Event";
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly involvedObject: InvolvedObject;
  readonly reason: string;
  readonly message: string;
  readonly type: EventDraft["type"];
  readonly count: number;
  /** RFC 3339, whole seconds. */
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  readonly source: { readonly component: string; readonly host: string };
  readonly reportingComponent: string;
  readonly reportingInstance: string;
}

interface InvolvedObject {
  readonly kind: string;
  readonly apiVersion?: string;
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion?: string;
  readonly fieldPath?: string;
}

const COMPONENT = "kubelet";
const MESSAGE_BYTES = 1_024;
const NAME_LIMIT = 253;
/** A container's id as runtimes print it; an image's digest carries its algorithm in front and stays. */
const CONTAINER_ID = /(?<!sha256:)\b[0-9a-f]{64}\b/g;

/** `nanos` makes the name unique, unless the occurrence does. */
export function toEventObject(draft: EventDraft, node: string, now: Date, nanos: bigint): EventObject {
  const timestamp = `${now.toISOString().slice(0, 19)}Z`;
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: {
      name: eventName(draft.target.name, occurrenceOf(draft) ?? nanos),
      namespace: draft.target.namespace === "" ? "default" : draft.target.namespace,
    },
    involvedObject: toInvolvedObject(draft.target),
    reason: draft.reason,
    message: cutBytes(withoutContainerIds(draft), MESSAGE_BYTES),
    type: draft.type,
    count: 1,
    firstTimestamp: timestamp,
    lastTimestamp: timestamp,
    source: { component: COMPONENT, host: node },
    reportingComponent: COMPONENT,
    reportingInstance: node,
  };
}

/** "<object>.<hex>"; where that is not a valid name, a UUID. */
export function eventName(object: string, nanos: bigint): string {
  const name = `${object}.${nanos.toString(16)}`;
  return name.length > NAME_LIMIT ? randomUUID() : name;
}

/** The same number for the same occurrence, whoever tells it. */
function occurrenceOf({ occurrence, reason, target }: EventDraft): bigint | undefined {
  if (occurrence === undefined) return undefined;
  const digest = createHash("sha256").update(`${target.uid}\n${reason}\n${occurrence}`).digest();
  return digest.readBigUInt64BE();
}

/** At most so many bytes of UTF-8, no broken character at the end. */
export function cutBytes(text: string, limit: number): string {
  if (text.length <= limit / 4) return text;
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= limit) {
    return text;
  }
  let end = limit;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) {
    end -= 1;
  }
  return bytes.toString("utf8", 0, end);
}

function toInvolvedObject(target: EventTarget): InvolvedObject {
  const { kind, namespace, name, uid, resourceVersion, fieldPath } = target;
  return {
    kind,
    ...(kind === "Pod" ? { apiVersion: "v1" } : {}),
    ...(namespace === "" ? {} : { namespace }),
    name,
    uid,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(fieldPath === undefined ? {} : { fieldPath }),
  };
}

/** What a kubelet's prober tells, it tells as the runtime said it, with the id of each command. */
const OF_PROBES: readonly string[] = ["Unhealthy", "ProbeWarning"];

/** Ids change at every restart and would make each message a new one; the container's name is what users know. */
function withoutContainerIds(draft: EventDraft): string {
  if (OF_PROBES.includes(draft.reason)) return draft.message;
  const name = /\{(.+)\}$/.exec(draft.target.fieldPath ?? "")?.[1];
  return name === undefined ? draft.message : draft.message.replaceAll(CONTAINER_ID, name);
}
