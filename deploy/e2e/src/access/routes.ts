// Every path of the kubelet port, with each method that means something there, and what the admin gets. Pure.

import type { Call } from "./caller.js";

/** A call and its answer for somebody with all rights. */
export interface Route extends Call {
  readonly admin: number;
  /** For the subresource `metrics` of nodes, which some callers have. */
  readonly isMetrics?: boolean;
}

const SPDY = { connection: "Upgrade", upgrade: "SPDY/3.1" };
const WEBSOCKET = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "AQIDBAUGBwgJCgsMDQ4PEA==",
};
const TUNNEL = "SPDY/3.1+portforward.k8s.io";

/** All of them, for a running pod `p` with the container `main`. */
export function routesFor(namespace: string): readonly Route[] {
  const pod = `${namespace}/p`;
  const container = `${pod}/main`;
  return [
    ...each(["/healthz", "/healthz/ping", "/healthz/log", "/healthz/syncloop"], ["GET", "HEAD", "POST", "PURGE"], 200),
    ...each(["/pods", "/runningpods/"], ["GET"], 200),
    ...each(["/pods", "/runningpods/"], ["POST", "PUT", "DELETE", "PURGE"], 405),
    ...each([`/containerLogs/${container}`, `/containerLogs/${container}?follow=true`], ["GET"], 200),
    ...each([`/containerLogs/${container}`], ["POST", "OPTIONS"], 405),
    ...each(["/containerLogs/none/none/none", "/containerLogs/x"], ["GET"], 404),
    ...each([`/run/${container}?cmd=true`], ["POST"], 200),
    ...each([`/run/${container}?cmd=true`], ["GET", "PATCH"], 405),
    ...each([`/checkpoint/${container}`], ["POST"], 501),
    ...each(["/configz"], ["GET", "POST"], 200),
    ...each(["/stats/summary"], ["GET", "POST"], 200),
    ...each(["/stats/none"], ["GET"], 404),
    ...each(["/logs/", "/logs/x", "/debug/pprof/heap", "/debug/flags/v"], ["GET", "PUT"], 405),
    ...each(METRICS, ["GET", "POST"], 200).map((route) => ({ ...route, isMetrics: true })),
    ...streamRoutes(pod, container),
  ];
}

const METRICS = ["/metrics", "/metrics/resource", "/metrics/cadvisor", "/metrics/probes", "/metrics/slis"];

function streamRoutes(pod: string, container: string): readonly Route[] {
  const exec = `/exec/${container}?command=sh&output=1`;
  const attach = `/attach/${container}?output=1`;
  const forward = `/portForward/${pod}`;
  const spdy = (protocol: string) => ({ ...SPDY, "x-stream-protocol-version": protocol });
  const webSocket = (protocol: string) => ({ ...WEBSOCKET, "sec-websocket-protocol": protocol });
  return [
    ...each([exec, attach, forward], ["PUT", "DELETE"], 405),
    ...[exec, attach].flatMap((path) => [
      ...each([path], ["GET", "POST"], 500),
      { method: "POST", path, headers: spdy("v4.channel.k8s.io"), admin: 101 },
      { method: "GET", path, headers: webSocket("v5.channel.k8s.io"), admin: 101 },
    ]),
    { method: "POST", path: forward, headers: spdy("portforward.k8s.io"), admin: 101 },
    { method: "GET", path: forward, headers: webSocket(TUNNEL), admin: 101 },
    { method: "GET", path: `${forward}?port=80`, headers: webSocket("v4.channel.k8s.io"), admin: 101 },
    { method: "POST", path: `/run/${container}?cmd=true`, headers: spdy("v4.channel.k8s.io"), admin: 200 },
    { method: "GET", path: "/pods", headers: webSocket("v4.channel.k8s.io"), admin: 200 },
  ];
}

/** Spellings that a careless comparison of paths would let through. They lead nowhere, or to what they mean with all its checks. */
export function crookedPaths(namespace: string): readonly string[] {
  const exec = `exec/${namespace}/p/main?command=sh&output=1`;
  return [
    `//${exec}`,
    `/./${exec}`,
    `/metrics/../${exec}`,
    `/metrics/%2e%2e/${exec}`,
    `/metrics%2f..%2f${exec}`,
    `/healthz/..;/${exec}`,
    `/%65xec/${namespace}/p/main?command=sh&output=1`,
    `/EXEC/${namespace}/p/main`,
    `https://127.0.0.1/${exec}`,
    `/pods%00`,
    `/pods%2f`,
    `/pods#/healthz`,
    `/%`,
  ];
}

function each(paths: readonly string[], methods: readonly string[], admin: number): readonly Route[] {
  return paths.flatMap((path) => methods.map((method) => ({ method, path, admin })));
}
