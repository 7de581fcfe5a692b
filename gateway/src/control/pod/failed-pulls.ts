/** Pull secrets that are missing are told of when a pull has failed: an image that is there, or public, needs none. */
import type { PodObservation } from "../../domain/observation.js";
import type { EventSink } from "../../ports/events.js";
import { podEvent } from "./provider-event.js";
import { latestOf, type PodRecord } from "./record.js";

/** Tells of them if this observation, which is still to be taken, shows a pull that failed since the one before. */
export function tellFailedPulls(events: EventSink, record: PodRecord | undefined, said: PodObservation): void {
  if (record?.lastApi === undefined || record.missingPullSecrets.length === 0) return;
  const before = new Set(
    latestOf(record)
      ?.containers.filter(hasFailedPull)
      .map(({ name }) => name),
  );
  if (!said.containers.some((container) => hasFailedPull(container) && !before.has(container.name))) return;
  const names = record.missingPullSecrets.join(", ");
  const message = `Unable to retrieve some image pull secrets (${names}); attempting to pull the image may not succeed.`;
  const event = podEvent(record.lastApi, "Warning", "FailedToRetrieveImagePullSecret", message);
  events.record({ ...event, occurrence: `${message} ${said.observedAt}` });
}

function hasFailedPull({ state }: PodObservation["containers"][number]): boolean {
  return state.kind === "waiting" && state.reason === "ErrImagePull";
}
