/** POST /checkpoint: the kubelet's checks, then an honest no. */
import type { PodView } from "../../ports/kubelet.js";
import type { Exchange } from "../exchange.js";
import { hasContainer } from "../logs/availability.js";
import { replyText } from "../reply.js";
import type { Service } from "../route-table.js";

/** The service. */
export function checkpointService(pods: PodView): Service {
  const pattern = "/{namespace}/{pod}/{container}";
  return {
    name: "checkpoint",
    root: "/checkpoint/",
    exact: false,
    subresources: ["checkpoint"],
    routes: [{ pattern, methods: ["POST"], handle: (exchange) => answer(pods, exchange) }],
  };
}

function answer(pods: PodView, { params, response, query }: Exchange): void {
  const { namespace = "", pod = "", container = "" } = params;
  const entry = pods.find(namespace, pod);
  if (entry === undefined) return replyText(response, 404, "pod does not exist");
  if (!hasContainer(entry.pod, container)) return replyText(response, 404, `container ${container} does not exist`);
  const timeout = query.getAll("timeout").at(-1);
  if (timeout !== undefined && !/^[+-]?\d+$/.test(timeout)) {
    return replyText(response, 404, "cannot parse value of timeout parameter");
  }
  replyText(response, 501, "checkpoints are not offered by this node");
}
