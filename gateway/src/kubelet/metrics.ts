/** What the gateway counts about its HTTP servers, for Prometheus. Every label has few values; none names a pod. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** Where the servers count. */
export interface KubeletMetrics {
  /** Others may add their own metrics here; one text shows all. */
  readonly registry: Registry;
  /** A request ended. `code` 0: the client left before an answer. */
  requestEnded(route: string, method: string, code: number, seconds: number): void;
  authentication(method: string, result: "authenticated" | "refused" | "failed"): void;
  authorization(result: "allowed" | "denied" | "failed"): void;
  tlsError(): void;
  streamOpened(route: string): void;
  streamClosed(route: string): void;
}

const METHODS = new Set(["OPTIONS", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]);
const SECONDS = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60];

/** Makes the metrics, with those of the process itself unless `processMetrics` is false. */
export function createKubeletMetrics(options: { readonly processMetrics?: boolean } = {}): KubeletMetrics {
  const registry = new Registry();
  if (options.processMetrics ?? true) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Counter({
    name: "outboard_kubelet_http_requests_total",
    help: "Requests to the kubelet API that ended.",
    labelNames: ["route", "method", "code"],
    registers,
  });
  const duration = new Histogram({
    name: "outboard_kubelet_http_request_duration_seconds",
    help: "Time from a request's headers to the end of its answer.",
    labelNames: ["route"],
    buckets: SECONDS,
    registers,
  });
  const auth = createAuthMetrics(registers);
  const streams = new Gauge({
    name: "outboard_kubelet_open_streams",
    help: "Streams that are open now.",
    labelNames: ["route"],
    registers,
  });
  return {
    registry,
    requestEnded(route, method, code, seconds) {
      requests.inc({ route, method: METHODS.has(method) ? method : "other", code: String(code) });
      duration.observe({ route }, seconds);
    },
    ...auth,
    streamOpened: (route) => streams.inc({ route }),
    streamClosed: (route) => streams.dec({ route }),
  };
}

function createAuthMetrics(
  registers: Registry[],
): Pick<KubeletMetrics, "authentication" | "authorization" | "tlsError"> {
  const authentication = new Counter({
    name: "outboard_kubelet_authentication_total",
    help: "Requests to the kubelet API by how their caller was recognised.",
    labelNames: ["method", "result"],
    registers,
  });
  const authorization = new Counter({
    name: "outboard_kubelet_authorization_total",
    help: "Requests to the kubelet API by decision.",
    labelNames: ["result"],
    registers,
  });
  const tlsErrors = new Counter({
    name: "outboard_kubelet_tls_errors_total",
    help: "Connections to the kubelet API whose TLS handshake failed.",
    registers,
  });
  return {
    authentication: (method, result) => authentication.inc({ method, result }),
    authorization: (result) => authorization.inc({ result }),
    tlsError: () => tlsErrors.inc(),
  };
}
