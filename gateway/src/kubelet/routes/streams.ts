/** exec, attach, portForward and run: authenticated and authorized, not served yet. */
import type { ProviderView } from "../../ports/kubelet.js";
import type { Handler } from "../exchange.js";
import { missingText } from "../logs/capabilities.js";
import { replyText } from "../reply.js";
import type { Service } from "../route-table.js";

const CONTAINER = "/{namespace}/{pod}/{container}";
const CONTAINER_BY_UID = "/{namespace}/{pod}/{uid}/{container}";
const POD = "/{namespace}/{pod}";
const POD_BY_UID = "/{namespace}/{pod}/{uid}";

/** All four services. */
export function streamServices(provider: ProviderView): readonly Service[] {
  return [
    service("run", [CONTAINER, CONTAINER_BY_UID], ["POST"], unavailable(provider, "exec")),
    service("exec", [CONTAINER, CONTAINER_BY_UID], ["GET", "POST"], unavailable(provider, "exec")),
    service("attach", [CONTAINER, CONTAINER_BY_UID], ["GET", "POST"], unavailable(provider, "attach")),
    service("portForward", [POD, POD_BY_UID], ["GET", "POST"], unavailable(provider, "port_forward")),
  ];
}

function service(name: string, patterns: readonly string[], methods: readonly string[], handle: Handler): Service {
  const routes = patterns.map((pattern) => ({ pattern, methods, handle }));
  return { name, root: `/${name}`, exact: false, subresources: ["proxy"], routes };
}

function unavailable(provider: ProviderView, capability: string): Handler {
  return ({ response }) => {
    const info = provider.info();
    const text =
      info !== undefined && !info.capabilities.has(capability)
        ? missingText(info, capability)
        : `this gateway does not serve ${capability} yet`;
    replyText(response, 501, text);
  };
}
