/** /pods: what the API has bound to this node. /runningpods/: what runs, as far as the computed status says. */
import type { ContainerStatus } from "../../domain/kubernetes.js";
import type { PodEntry, PodView } from "../../ports/kubelet.js";
import { eachOf } from "../each-of.js";
import { replyJsonList } from "../reply.js";
import type { Service } from "../route-table.js";

const SUBRESOURCES = ["pods", "proxy"];

/** Both services. */
export function podServices(pods: PodView): readonly Service[] {
  return [
    listService("pods", "/pods", () => eachOf(pods.list(), withoutType)),
    listService("runningpods", "/runningpods/", () => eachOf(pods.list(), runningPod)),
  ];
}

function listService(name: string, root: string, items: () => Iterable<object>): Service {
  return {
    name,
    root,
    exact: false,
    subresources: SUBRESOURCES,
    routes: [
      {
        pattern: "",
        methods: ["GET"],
        handle: ({ response }) =>
          replyJsonList(response, {
            before: '{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[',
            items: items(),
            after: "]}",
          }),
      },
    ],
  };
}

/** Items of a list carry no kind of their own. */
function withoutType({ pod }: PodEntry): readonly object[] {
  const { kind: _kind, apiVersion: _apiVersion, ...item } = pod;
  return [item];
}

function runningPod({ pod, status }: PodEntry): readonly object[] {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = status ?? {};
  const containers = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses]
    .filter((each) => each.state?.running !== undefined)
    .map(runningContainer);
  if (containers.length === 0) return [];
  const { name, namespace, uid } = pod.metadata;
  return [{ metadata: { name, namespace, uid }, spec: { containers }, status: {} }];
}

function runningContainer({ name, image, imageID }: ContainerStatus): object {
  return { name, image: imageID === "" ? image : imageID, resources: {} };
}
