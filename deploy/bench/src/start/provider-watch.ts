// What the provider says of pods, as an observer beside the gateway sees it: tells the gateway's time from the provider's.

import {
  connect,
  IdentityServiceDefinition,
  openChannel,
  parseAddress,
  type PodObservation,
  PodServiceDefinition,
  SandboxState,
  SessionMode,
} from "@outboard/contract";

/** Milliseconds of performance.now(). */
export interface ProviderTimes {
  ordered?: number;
  sandbox?: number;
  container?: number;
}

export interface ProviderWatch extends AsyncDisposable {
  /** By the pod's name. */
  readonly times: ReadonlyMap<string, ProviderTimes>;
  /** Throws when the watch is broken. */
  check(): void;
}

export async function watchProvider(socket: string): Promise<ProviderWatch> {
  const channel = openChannel({ address: parseAddress(`unix://${socket}`) });
  const stop = new AbortController();
  const identity = connect(IdentityServiceDefinition, channel);
  const { sessionId } = await identity.handshake(
    {
      revisions: [1],
      gatewayName: "bench",
      gatewayVersion: "1",
      instanceId: `bench-${process.pid}`,
      mode: SessionMode.OBSERVER,
      fencing: 0n,
      clusterId: "",
      nodeName: "",
    },
    { signal: stop.signal },
  );
  const options = { signal: stop.signal, metadata: { "outboard-session": sessionId } };
  const times = new Map<string, ProviderTimes>();
  let trouble: { readonly error: unknown } | undefined;
  const follow = async (): Promise<void> => {
    for await (const { event } of connect(PodServiceDefinition, channel).watchPods({ snapshotOnly: false }, options)) {
      if (event?.$case === "observation") note(times, event.value, performance.now());
    }
    throw new Error("the provider ended the watch");
  };
  const following = follow().catch((error: unknown) => (trouble = { error }));
  return {
    times,
    check: () => {
      if (trouble !== undefined) throw trouble.error;
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await following;
      channel[Symbol.dispose]();
    },
  };
}

/** The first time counts: later observations repeat what was so before. */
export function note(times: Map<string, ProviderTimes>, pod: PodObservation, now: number): void {
  const known = times.get(pod.name) ?? {};
  times.set(pod.name, known);
  known.ordered ??= now;
  if (pod.sandbox === SandboxState.READY) known.sandbox ??= now;
  const isRunning = pod.containers.length > 0 && pod.containers.every(({ state }) => state?.$case === "running");
  if (isRunning) known.container ??= now;
}
