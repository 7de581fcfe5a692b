/** A provider object in, a listening gRPC server out. */
import { randomUUID } from "node:crypto";
import {
  type Address,
  addHealth,
  addReflection,
  createServer,
  type Handlers,
  IdentityServiceDefinition,
  InteractionServiceDefinition,
  NodeServiceDefinition,
  parseAddress,
  PodServiceDefinition,
  type RpcServer,
  type ServerSecurity,
  StatsServiceDefinition,
} from "@outboard/contract";
import type { Logger } from "pino";
import type { Clock } from "./clock/clock.js";
import { SystemClock } from "./clock/system-clock.js";
import { type Core, readerOf } from "./core.js";
import { Declared } from "./declared.js";
import { describeError } from "./errors.js";
import { serveAttach, serveExec } from "./interaction/exec.js";
import { serveLogs } from "./interaction/logs.js";
import { servePortForward } from "./interaction/port-forward.js";
import { serveStats } from "./interaction/stats.js";
import { getNode } from "./node/get-node.js";
import { Starter } from "./node/starter.js";
import { podService } from "./pods/pod-service.js";
import { PodTable } from "./pods/pod-table.js";
import { Serial } from "./pods/serial.js";
import type { Owner, PodProvider } from "./provider.js";
import { shakeHands } from "./session/handshake.js";
import { OwnerBinding } from "./session/owner-binding.js";
import { Sessions } from "./session/sessions.js";
import { addControl, type Control } from "./testing/control.js";
import { addGuarded, type Gate, type Guard } from "./testing/guard.js";
import { WatchHub } from "./watch/hub.js";

/** Time that open calls get to end at a shutdown, milliseconds. */
const DRAIN_MS = 5_000;

/** Time that the provider gets to finish changes that are under way, milliseconds. */
const IDLE_MS = 2_000;

const SERVICES = [
  IdentityServiceDefinition,
  NodeServiceDefinition,
  PodServiceDefinition,
  InteractionServiceDefinition,
  StatsServiceDefinition,
] as const;

/** How a provider is served. */
export interface ServeOptions {
  /** "unix:///run/p.sock" (folder 0700, socket 0600) or "tcp://host:port". */
  readonly listen: string;
  /** Gets what an operator needs; never holds secrets. */
  readonly logger: Logger;
  /** Whose pods, if known beforehand (from a state folder). Default: the first owner's handshake decides. */
  readonly owner?: Owner;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Mutual TLS, or plain text for everybody who can connect. Default: UNIX sockets need none, TCP is refused. */
  readonly security?: ServerSecurity;
  /** Serves outboard.testing.v1alpha1.ControlService with what is in it. Default: not served. */
  readonly testing?: Control;
  /** For tests: may hold back or end any call and any streamed answer. Default: none. */
  readonly guard?: Guard;
  /** Contract revisions to speak. Default [1]. */
  readonly revisions?: readonly number[];
}

/** A provider that is being served. Dispose of it to end: open streams end with UNAVAILABLE, pods stay as they are. */
export interface ServedProvider extends AsyncDisposable {
  /** Where it listens, with the port that was chosen for port 0. */
  readonly address: Address;
}

/**
 * Serves a provider: sessions, fencing, idempotency, tombstones, revisions, watches and limits are the SDK's.
 * @throws Error that names the address when it is malformed or cannot be listened on.
 */
export async function serve(provider: PodProvider, options: ServeOptions): Promise<ServedProvider> {
  const wanted = parseAddress(options.listen);
  const core = createCore(provider, options);
  const server = createServer({
    ...messageLimit(core),
    onInternalError: (error, rpc) => core.log.error({ err: describeError(error), rpc }, "call failed"),
  });
  addServices(server, core, options.guard);
  const names = SERVICES.map(({ fullName }) => fullName);
  addHealth(server, names);
  addReflection(server, names);
  if (options.testing !== undefined) addControl(server, options.testing);
  const address = await server.listen(wanted, options.security);
  if (options.owner !== undefined) core.owner.bind(options.owner);
  core.log.info({ address: options.listen }, "provider listens");
  return { address, [Symbol.asyncDispose]: () => close(server, core) };
}

function createCore(provider: PodProvider, options: ServeOptions): Core {
  const clock = options.clock ?? new SystemClock();
  const log = options.logger.child({ component: "sdk" });
  const description = provider.describe();
  const hub = new WatchHub();
  const pods = new PodTable(clock, hub, log);
  const starter = new Starter({ provider, pods, clock, log });
  return {
    provider,
    description,
    declared: new Declared(description),
    revisions: options.revisions ?? [1],
    instanceId: randomUUID(),
    sessions: new Sessions(),
    owner: new OwnerBinding((owner) => starter.begin(owner)),
    starter,
    pods,
    serial: new Serial(),
    hub,
    clock,
    log,
  };
}

function addServices(server: RpcServer, core: Core, guard: Guard | undefined): void {
  const open: Gate = { log: core.log, guard, admit: () => {} };
  const gate: Gate = { ...open, admit: (context) => void readerOf(core, context) };
  addGuarded(server, IdentityServiceDefinition, identityService(core), open);
  addGuarded(server, NodeServiceDefinition, nodeService(core), gate);
  addGuarded(server, PodServiceDefinition, podService(core), gate);
  addGuarded(server, InteractionServiceDefinition, interactionService(core), gate);
  addGuarded(server, StatsServiceDefinition, statsService(core), gate);
}

function identityService(core: Core): Handlers<IdentityServiceDefinition> {
  return { handshake: async (request) => shakeHands(core, request) };
}

function statsService(core: Core): Handlers<StatsServiceDefinition> {
  return { getStats: (request, context) => serveStats(core, request, context) };
}

function nodeService(core: Core): Handlers<NodeServiceDefinition> {
  return {
    getNode: async () => getNode(core),
  };
}

function interactionService(core: Core): Handlers<InteractionServiceDefinition> {
  return {
    logs: (request, context) => serveLogs(core, request, context),
    exec: (input, context) => serveExec(core, input, context),
    attach: (input, context) => serveAttach(core, input, context),
    portForward: (input, context) => servePortForward(core, input, context),
  };
}

function messageLimit(core: Core): { readonly maxMessageBytes?: number } {
  const limit = core.description.limits?.maxMessageBytes;
  return limit === undefined ? {} : { maxMessageBytes: limit };
}

async function close(server: RpcServer, core: Core): Promise<void> {
  await server.shutdown(DRAIN_MS);
  await Promise.race([core.serial.idle(), new Promise((resolve) => setTimeout(resolve, IDLE_MS).unref())]);
  await core.starter.stop();
}
