/** What the handlers of all services share. */
import type { CallContext, Capability } from "@outboard/contract";
import type { Logger } from "pino";
import type { Clock } from "./clock/clock.js";
import type { Declared } from "./declared.js";
import { refuse } from "./errors.js";
import type { Starter } from "./node/starter.js";
import type { PodTable } from "./pods/pod-table.js";
import type { Serial } from "./pods/serial.js";
import type { PodProvider, ProviderDescription } from "./provider.js";
import type { OwnerBinding } from "./session/owner-binding.js";
import type { Session, Sessions } from "./session/sessions.js";
import type { WatchHub } from "./watch/hub.js";

/** Metadata key of the session. */
const SESSION_KEY = "outboard-session";

/** The parts of one served provider. */
export interface Core {
  readonly provider: PodProvider;
  readonly description: ProviderDescription;
  readonly declared: Declared;
  readonly revisions: readonly number[];
  readonly instanceId: string;
  readonly sessions: Sessions;
  readonly owner: OwnerBinding;
  readonly starter: Starter;
  readonly pods: PodTable;
  readonly serial: Serial;
  readonly hub: WatchHub;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The session of a call that only reads. @throws StatusError SESSION, SESSION_SUPERSEDED. */
export function readerOf(core: Core, context: CallContext): Session {
  return core.sessions.find(context.metadata(SESSION_KEY));
}

/** The session of a call that changes something. @throws StatusError SESSION, SESSION_SUPERSEDED, READ_ONLY. */
export function ownerOf(core: Core, context: CallContext): Session {
  const session = readerOf(core, context);
  if (session.mode === "owner") return session;
  throw refuse("READ_ONLY", "an observer may only look: GetNode, GetPod, WatchPods, Logs and GetStats");
}

/** A method of the provider that a declared capability stands for. @throws StatusError CAPABILITY. */
export function declaredMethod<Method>(core: Core, capability: Capability, method: Method | undefined): Method {
  core.declared.require(capability);
  if (method === undefined) throw refuse("CAPABILITY", "the provider declares this capability and does not have it");
  return method;
}
