/** The kubelet API of one node, put together. */
import type { Logger } from "pino";
import type { AccessReviewer, TokenReviewer } from "../ports/auth.js";
import type { Clock } from "../ports/clock.js";
import type { HealthView, PodView, ProviderView } from "../ports/kubelet.js";
import type { ProviderLogs, ProviderStreams } from "../ports/provider.js";
import type { ProviderStats } from "../ports/stats.js";
import { createAuthenticator } from "./auth/authenticator.js";
import { alwaysAllow, type Authorizer, createAuthorizer } from "./auth/authorizer.js";
import type { CaSource, CertificateSource } from "./certificates/source.js";
import { createListener } from "./listener.js";
import type { KubeletMetrics } from "./metrics.js";
import { createPipeline } from "./pipeline.js";
import { createRouteTable } from "./routes.js";
import { createStreamSlots } from "./stream-slots.js";
import { MAX_STRANGERS } from "./strangers.js";

/** Who may do what. */
export type Authorization =
  | { readonly kind: "webhook"; readonly reviewer: AccessReviewer }
  /** Every authenticated caller may do everything. Standalone mode, on loopback only. */
  | { readonly kind: "always-allow" };

/** Everything that the kubelet API needs. */
export interface KubeletServerOptions {
  readonly nodeName: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly certificates: CertificateSource;
  /** Client certificates; absent: off. */
  readonly clientCa?: CaSource;
  /** Bearer tokens; absent: off. At least one of the two must be there. */
  readonly tokens?: TokenReviewer;
  readonly authorization: Authorization;
  readonly pods: PodView;
  readonly provider: ProviderView;
  readonly logs: ProviderLogs;
  readonly streams: ProviderStreams;
  readonly stats: ProviderStats;
  readonly health: HealthView;
  /** Whose order labels of figures have. Default "kubelet". */
  readonly compatibility?: "kubelet" | "virtual-kubelet";
  /** Configuration to show at /configz, as fields of a KubeletConfiguration; no secrets. Default: none. */
  readonly configz?: () => object;
  readonly metrics: KubeletMetrics;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Of authenticated callers. Default 1024. */
  readonly maxConnections?: number;
  /** Of callers without an authenticated request yet; with one more the oldest is cut. Default 512. */
  readonly maxStrangers?: number;
}

/** The kubelet API. */
export interface KubeletServer {
  /** Starts to listen. Rejects when the address cannot be had. */
  listen(): Promise<{ readonly port: number }>;
  /** Stops accepting and breaks open streams off at once; other requests have `ms` to end. Twice is the same as once. */
  close(ms: number): Promise<void>;
}

const DEFAULT_STREAMS = 64;
const DEFAULT_CONNECTIONS = 1024;

/** Makes the server. @throws when the options would leave it open to anybody */
export function createKubeletServer(options: KubeletServerOptions): KubeletServer {
  const { clock, logger, metrics, provider, certificates, clientCa } = options;
  const closing = new AbortController();
  const authenticate = createAuthenticator({ clientCa, tokens: options.tokens, clock });
  const pipeline = createPipeline({
    table: createRouteTable({
      ...options,
      configz: options.configz ?? (() => ({})),
      slots: createStreamSlots(() => provider.info()?.limits.maxStreams ?? DEFAULT_STREAMS),
    }),
    authenticate: async (request) => {
      const who = await authenticate(request);
      if (who.kind === "authenticated") listener.authenticated(request.socket);
      return who;
    },
    authorize: authorizerOf(options),
    metrics,
    logger,
    clock,
    closing: closing.signal,
  });
  const { maxConnections = DEFAULT_CONNECTIONS, maxStrangers = MAX_STRANGERS } = options;
  const onTlsError = (): void => metrics.tlsError();
  const listener = createListener({ pipeline, certificates, maxConnections, maxStrangers, logger, onTlsError });
  return {
    async listen() {
      const port = await listener.listen(options.port, options.host);
      for (const source of [certificates, clientCa]) void source?.run?.(closing.signal);
      logger.info({ host: options.host, port }, "The kubelet API listens.");
      return { port };
    },
    async close(ms) {
      closing.abort(new Error("the gateway is stopping"));
      await closeWithin(clock, ms, (deadline) => listener.close(deadline));
    },
  };
}

async function closeWithin(clock: Clock, ms: number, close: (deadline: AbortSignal) => Promise<void>): Promise<void> {
  const closed = new AbortController();
  const late = new AbortController();
  const timer = clock.sleep(ms, closed.signal).then(
    () => late.abort(),
    () => {},
  );
  await close(late.signal);
  closed.abort();
  await timer;
}

function authorizerOf({ authorization, host, nodeName, clock }: KubeletServerOptions): Authorizer {
  if (authorization.kind === "webhook") return createAuthorizer(authorization.reviewer, nodeName, clock);
  if (!isLoopback(host)) {
    throw new Error(`The kubelet API may allow everything only on loopback, not on ${JSON.stringify(host)}.`);
  }
  return alwaysAllow;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
