/** The whole adapter on one connection: what gateway.ts hands to the core. */
import type { Node } from "../domain/kubernetes.js";
import type { Clock } from "../ports/clock.js";
import { type Connection, loadConnection } from "./config.js";
import { chooseClusterId, clusterIdOf } from "./cluster-id.js";
import { Echoes } from "./echoes.js";
import { ApiEventSink } from "./events.js";
import { KubeHttp } from "./http.js";
import type { Budget } from "./limiter.js";
import { ApiInputSource } from "./inputs.js";
import { ApiLeaseWriter } from "./lease-writer.js";
import { type KubeLog, silentLog } from "./log.js";
import { ApiNodeWriter } from "./node-writer.js";
import { ApiPodSource } from "./pod-source.js";
import { ApiPodWriter, type StatusDiff } from "./pod-writer.js";
import { ApiReviewer } from "./reviews.js";
import { type ServingCertificate, type ServingRequest, requestServingCertificate } from "./serving-certificate.js";
import { ServiceIndex } from "./services.js";

export interface KubeOptions {
  readonly nodeName: string;
  readonly clock: Clock;
  /** Body of a strategic merge patch from one pod status to another. */
  readonly statusDiff: StatusDiff;
  /** Path; absent: the pod's own service account. */
  readonly kubeconfig?: string;
  /** Absent: current-context. */
  readonly context?: string;
  /** Default "outboard". */
  readonly userAgent?: string;
  /** Of requests to the API server. */
  readonly budget?: Budget;
  /** true: the watch leaves out pods as our own PATCH has just returned them. Default false. */
  readonly skipEchoes?: boolean;
  readonly log?: KubeLog;
}

/** An API server as a node sees it. Ends with its disposal: watches, queues and connections. */
export interface Kube extends AsyncDisposable {
  readonly url: string;
  readonly pods: ApiPodSource;
  readonly podWriter: ApiPodWriter;
  readonly node: ApiNodeWriter;
  readonly lease: ApiLeaseWriter;
  readonly inputs: ApiInputSource;
  readonly events: ApiEventSink;
  readonly reviews: ApiReviewer;
  /** A serving certificate from the cluster; waits until somebody approves it. */
  servingCertificate(request: Omit<ServingRequest, "nodeName">, signal: AbortSignal): Promise<ServingCertificate>;
  /** PEM bundle of the cluster's CA as the connection has it; empty: none is configured. */
  certificateAuthority(): Promise<string>;
  /** Which cluster this is, given what the Node remembers. */
  clusterId(node: Node | undefined): Promise<string>;
}

/** Reads the configuration and opens the adapter. The API server need not be there yet. */
export async function connectKube(options: KubeOptions): Promise<Kube> {
  const { kubeconfig, context, clock } = options;
  const connection = await loadConnection({
    clock,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  });
  return assemble(options, connection);
}

function assemble(options: KubeOptions, connection: Connection): Kube {
  const { clock, nodeName, log = silentLog, userAgent = "outboard", budget } = options;
  const ended = new AbortController();
  const http = new KubeHttp({ connection, clock, userAgent, ...(budget === undefined ? {} : { budget }) });
  const echoes = new Echoes();
  const services = new ServiceIndex();
  const serving = services.run({ http, clock, log }, ended.signal);
  const isEcho = options.skipEchoes === true ? { isEcho: (version: string) => echoes.take(version) } : {};
  return {
    url: connection.url,
    pods: new ApiPodSource({ http, clock, log, nodeName, ...isEcho }),
    podWriter: new ApiPodWriter({ http, statusDiff: options.statusDiff, echoes }),
    node: new ApiNodeWriter({ http, nodeName }),
    lease: new ApiLeaseWriter({ http, nodeName }),
    inputs: new ApiInputSource({ http, clock, services, log, ended: ended.signal }),
    events: new ApiEventSink({ http, clock, nodeName, log, ended: ended.signal }),
    reviews: new ApiReviewer(http),
    servingCertificate: (request, signal) =>
      requestServingCertificate({ http, clock }, { ...request, nodeName }, AbortSignal.any([signal, ended.signal])),
    certificateAuthority: async () => (await connection.credentials.read()).tls.ca ?? "",
    clusterId: async (node) => {
      const { tls } = await connection.credentials.read();
      return chooseClusterId(node, clusterIdOf(tls.ca, connection.url));
    },
    [Symbol.asyncDispose]: async () => {
      ended.abort(new Error("the connection to the API server is closed"));
      await http[Symbol.asyncDispose]();
      await serving;
    },
  };
}
