/** Handlers of PodService: session first, then the request, then the UID's queue. */
import type { CallContext, Handlers, PodServiceDefinition } from "@outboard/contract";
import { checkRequest, required } from "../check.js";
import { type Core, ownerOf, readerOf } from "../core.js";
import { watchPods } from "../watch/watch-pods.js";
import { checkCreatePod, createPod } from "./create-pod.js";
import { checkStopPod, releasePod, stopPod } from "./end-pod.js";
import { knownPod } from "./known.js";
import { checkUpdateInputs, checkUpdatePod, updateInputs, updatePod } from "./update-pod.js";

/** The handlers. */
export function podService(core: Core): Handlers<PodServiceDefinition> {
  return {
    createPod: async (order, context) => {
      ownerOf(core, context);
      checkCreatePod(order);
      return await inOrder(core, order.uid, context, () => createPod(core, order));
    },
    stopPod: async (request, context) => {
      ownerOf(core, context);
      checkStopPod(request);
      await inOrder(core, request.uid, context, () => stopPod(core, request));
      return {};
    },
    releasePod: async (request, context) => {
      ownerOf(core, context);
      checkRequest([required("uid", request.uid)]);
      await inOrder(core, request.uid, context, () => releasePod(core, request));
      return {};
    },
    getPod: async (request, context) => {
      readerOf(core, context);
      checkRequest([required("uid", request.uid)]);
      return { pod: knownPod(core, request.uid).observation };
    },
    watchPods: (request, context) => watchPods(core, readerOf(core, context), request, context),
    updateInputs: async (request, context) => {
      ownerOf(core, context);
      checkUpdateInputs(request);
      await inOrder(core, request.uid, context, () => updateInputs(core, request));
      return {};
    },
    updatePod: async (request, context) => {
      ownerOf(core, context);
      checkUpdatePod(core, request);
      await inOrder(core, request.uid, context, () => updatePod(core, request));
      return {};
    },
  };
}

/** Waits for the UID's turn; an owner that was superseded meanwhile changes nothing any more. */
function inOrder<T>(core: Core, uid: string, context: CallContext, work: () => Promise<T>): Promise<T> {
  return core.serial.run(uid, async () => {
    ownerOf(core, context);
    return await work();
  });
}
