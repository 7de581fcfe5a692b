/** Paths about the node itself: configuration, system logs and profiling (both off). */
import { replyError, replyJson } from "../reply.js";
import type { Service } from "../route-table.js";

/** `configz`: the KubeletConfiguration fields that are true of this gateway; no secrets. */
export function nodeServices(configz: () => object): readonly Service[] {
  return [
    {
      name: "configz",
      root: "/configz",
      exact: true,
      subresources: ["configz", "proxy"],
      routes: [{ pattern: "", methods: "any", handle: ({ response }) => sendConfig(response, configz()) }],
    },
    disabled("logs", "/logs/", "log"),
    disabled("debug", "/debug/pprof/", "proxy", "profiling"),
    disabled("debug", "/debug/flags/v", "proxy", "flags"),
  ];
}

function sendConfig(response: Parameters<typeof replyJson>[0], config: object): void {
  const kubeletconfig = { kind: "KubeletConfiguration", apiVersion: "kubelet.config.k8s.io/v1beta1", ...config };
  replyJson(response, { kubeletconfig }, { "X-Content-Type-Options": "nosniff" });
}

/** The kubelet's answer for a part that is switched off: 405 for every method. */
function disabled(name: string, root: string, subresource: string, what: string = name): Service {
  return {
    name,
    root,
    exact: !root.endsWith("/"),
    subresources: [subresource],
    routes: [
      {
        pattern: "/*",
        methods: "any",
        handle: ({ response }) => replyError(response, 405, `${what} endpoint is disabled.`),
      },
    ],
  };
}
