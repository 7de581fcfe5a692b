/** The testing service of a provider: what is there is served, the rest answers UNIMPLEMENTED. */
import {
  Code,
  ControlServiceDefinition,
  type DiePoint,
  type Handlers,
  type RpcServer,
  StatusError,
} from "@outboard/contract";

/** Hooks for the conformance suite; each may be left out. */
export interface Control {
  /** Takes the backend away or gives it back; resolves when in effect. */
  setBackend?(up: boolean): Promise<void>;
  /** Makes the backend lose a pod; false: there is no such pod. */
  losePod?(uid: string): Promise<boolean>;
  /** Makes the backend take a pod back; false: there is no such pod. */
  reclaimPod?(uid: string): Promise<boolean>;
  /** Arms a point of death (0 disarms); false: the point does not exist here. */
  dieAt?(point: DiePoint): Promise<boolean>;
  /** Moves the clock forward; resolves with its time once the timers that became due have run. */
  advanceClock?(milliseconds: number): Promise<Date>;
}

/** Adds the service. It needs no session. */
export function addControl(server: RpcServer, control: Control): void {
  const handlers: Handlers<ControlServiceDefinition> = {
    setBackend: async ({ state }) => {
      if (state !== 1 && state !== 2) throw new StatusError(Code.INVALID_ARGUMENT, "state must be UP or DOWN");
      await (control.setBackend?.(state === 1) ?? unimplemented("SetBackend"));
      return {};
    },
    losePod: async ({ uid }) => found(await (control.losePod?.(uid) ?? unimplemented("LosePod"))),
    reclaimPod: async ({ uid }) => found(await (control.reclaimPod?.(uid) ?? unimplemented("ReclaimPod"))),
    dieAt: async ({ point }) => {
      if (!(await (control.dieAt?.(point) ?? unimplemented("DieAt")))) unimplemented("this point");
      return {};
    },
    advanceClock: async ({ milliseconds }) => ({
      now: await (control.advanceClock?.(Number(milliseconds)) ?? unimplemented("AdvanceClock")),
    }),
  };
  server.add(ControlServiceDefinition, handlers);
}

function found(exists: boolean): Record<string, never> {
  if (exists) return {};
  throw new StatusError(Code.NOT_FOUND, "the backend has no such pod");
}

function unimplemented(what: string): never {
  throw new StatusError(Code.UNIMPLEMENTED, `${what} is not possible with this provider`);
}
