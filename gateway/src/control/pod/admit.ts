/** Admission, once per UID: may this pod run here? */
import { admit } from "../../domain/admission.js";
import { kubeTime } from "../../domain/kube-time.js";
import { DONE, type Outcome } from "../work-queue.js";
import type { PodDeps } from "./deps.js";
import { podEvent } from "./provider-event.js";
import type { PodRecord } from "./record.js";

/** Creates the step. */
export function createAdmitStep(deps: PodDeps): (record: PodRecord) => Outcome {
  return (record) => {
    const { api } = record;
    const view = deps.view();
    const node = deps.nodeObject();
    if (api === undefined || view === undefined || node === undefined) return DONE;
    record.startTime = api.status?.startTime ?? kubeTime(deps.clock.now());
    const { features, capabilities, limits } = view.info;
    const verdict = admit(api, {
      features,
      capabilities,
      limits,
      policy: deps.options.featurePolicy,
      node,
      used: deps.active.without(record.uid),
    });
    for (const warning of verdict.warnings)
      deps.events.record(podEvent(api, "Warning", warning.reason, warning.message));
    if (verdict.kind === "refused") {
      record.verdict = "refused";
      record.refusal = verdict;
      deps.events.record(podEvent(api, "Warning", verdict.reason, verdict.message));
      return DONE;
    }
    record.verdict = "admitted";
    return DONE;
  };
}
