/** Control calls within the session that is open now. */
import type { CallOptions } from "@outboard/contract";
import type { PodInputs } from "../domain/inputs.js";
import type { PodObservation } from "../domain/observation.js";
import {
  type CreateOrder,
  type ProviderControl,
  ProviderError,
  type StopReason,
  type UpdateOrder,
} from "../ports/provider.js";
import { type CallDeadlines, type Connection, inSession } from "./connection.js";
import { isSessionError, isUnimplemented, MissingRpcError, toProviderError } from "./errors.js";
import { fromObservation } from "./map.js";
import { toCreateRequest, toInputs, toStopReason, toUpdateRequest } from "./map-inputs.js";
import { requireSession } from "./open-session.js";
import type { ProviderSession } from "./session.js";

/** Calls of the core. Without a session each rejects at once: nothing was sent. */
export function createProviderControl(connection: Connection, session: ProviderSession): ProviderControl {
  return new Control(connection, session);
}

/** Calls that every provider has. */
const REQUIRED: Readonly<Partial<Record<keyof CallDeadlines, string>>> = {
  createPod: "PodService.CreatePod",
  stopPod: "PodService.StopPod",
  releasePod: "PodService.ReleasePod",
  getPod: "PodService.GetPod",
  updateInputs: "PodService.UpdateInputs",
};

class Control implements ProviderControl {
  readonly #pods: Connection["pods"];
  readonly #session: ProviderSession;

  constructor(connection: Connection, session: ProviderSession) {
    this.#pods = connection.pods;
    this.#session = session;
  }

  async createPod(order: CreateOrder, signal: AbortSignal): Promise<void> {
    await this.#call("createPod", signal, (options) => this.#pods.createPod(toCreateRequest(order), options));
  }

  async stopPod(uid: string, graceSeconds: number, reason: StopReason, signal: AbortSignal): Promise<void> {
    const request = { uid, graceSeconds, reason: toStopReason(reason) };
    await this.#call("stopPod", signal, (options) => this.#pods.stopPod(request, options));
  }

  async releasePod(uid: string, signal: AbortSignal): Promise<void> {
    await this.#call("releasePod", signal, (options) => this.#pods.releasePod({ uid }, options));
  }

  async getPod(uid: string, signal: AbortSignal): Promise<PodObservation> {
    const { pod } = await this.#call("getPod", signal, (options) => this.#pods.getPod({ uid }, options));
    const observation = pod === undefined ? undefined : fromObservation(pod);
    if (observation?.uid !== uid) throw new ProviderError("getPod: the answer does not hold the pod");
    return observation;
  }

  async updateInputs(uid: string, inputs: PodInputs, inputVersion: bigint, signal: AbortSignal): Promise<void> {
    const request = { uid, inputs: toInputs(inputs), inputVersion };
    await this.#call("updateInputs", signal, (options) => this.#pods.updateInputs(request, options));
  }

  async updatePod(order: UpdateOrder, signal: AbortSignal): Promise<void> {
    await this.#call("updatePod", signal, (options) => this.#pods.updatePod(toUpdateRequest(order), options));
  }

  /** A refusal that ends the session invalidates it. When the session ends first, the outcome is unknown. */
  async #call<Answer>(
    name: keyof CallDeadlines,
    signal: AbortSignal,
    send: (options: CallOptions) => Promise<Answer>,
  ): Promise<Answer> {
    const open = requireSession(this.#session.current());
    try {
      return await send(inSession(open.id, AbortSignal.any([signal, open.signal]), open.deadlines[name]));
    } catch (error) {
      signal.throwIfAborted();
      if (open.signal.aborted) throw new ProviderError(`${name}: outcome unknown, the session ended`, { cause: error });
      const required = REQUIRED[name];
      if (isSessionError(error)) open.invalidate(error);
      else if (required !== undefined && isUnimplemented(error)) open.invalidate(new MissingRpcError(required));
      throw toProviderError(error, name);
    }
  }
}
