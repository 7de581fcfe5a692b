/** Every setting: its flag, its place in the configuration file, what it means. One table for reading and for --help. */
import { FORMATS } from "../report/write.js";
import { PROFILES } from "../suite/profiles.js";

/** What belongs together in --help, and what a command takes. */
export type FlagGroup = "target" | "select" | "run" | "report";

/** How a value is written: numbers are not negative, counts whole and 1 or more, pairs are NAME=VALUE. */
export type FlagKind = "text" | "number" | "count" | "switch" | "list" | "command" | "pairs";

/** One setting. */
export interface Flag {
  readonly group: FlagGroup;
  readonly kind: FlagKind;
  /** Place in the configuration file; none: only flag and environment. */
  readonly key?: string;
  /** What stands for the value in --help. */
  readonly value?: string;
  readonly help: string;
  readonly of?: readonly string[];
  readonly fallback?: string | number | boolean;
  /** Values never go to the terminal. */
  readonly isSecret?: boolean;
}

const LEVELS: readonly string[] = ["must", "strict"];

export const FLAGS: Readonly<Record<string, Flag>> = {
  endpoint: {
    group: "target",
    kind: "text",
    key: "target.endpoint",
    value: "ADDRESS",
    help: "where the provider listens: unix:///SOCKET or tcp://HOST:PORT",
  },
  launch: {
    group: "target",
    kind: "command",
    key: "target.launch.command",
    value: "COMMAND",
    help: "start the provider; {endpoint} and {dir} are filled in, no shell is used",
  },
  "launch-env": {
    group: "target",
    kind: "pairs",
    key: "target.launch.env",
    value: "NAME=VALUE",
    help: "variable for the launched provider; value env:OTHER takes it from the suite's own; never in reports",
    isSecret: true,
  },
  insecure: { group: "target", kind: "switch", key: "target.insecure", help: "no TLS, for a tcp:// endpoint" },
  "tls-ca": { group: "target", kind: "text", key: "target.tls.ca", value: "FILE", help: "the provider's authority" },
  "tls-cert": { group: "target", kind: "text", key: "target.tls.cert", value: "FILE", help: "the suite's certificate" },
  "tls-key": { group: "target", kind: "text", key: "target.tls.key", value: "FILE", help: "the certificate's key" },
  "cluster-id": {
    group: "target",
    kind: "text",
    key: "target.clusterId",
    value: "NAME",
    fallback: "conformance",
    help: "cluster of the handshake",
  },
  "node-name": {
    group: "target",
    kind: "text",
    key: "target.nodeName",
    value: "NAME",
    fallback: "conformance",
    help: "node of the handshake",
  },
  kit: {
    group: "target",
    kind: "text",
    key: "kit",
    value: "NAME|FILE",
    fallback: "busybox",
    help: "how the platform gets each behaviour: busybox, process, memory, or a .json file",
  },
  "time-scale": {
    group: "target",
    kind: "number",
    key: "limits.timeScale",
    value: "NUMBER",
    fallback: 1,
    help: "stretches every wait; other values than 1 make the verdict unofficial",
  },
  profile: {
    group: "select",
    kind: "text",
    key: "profile",
    value: "NAME",
    of: PROFILES,
    fallback: "full",
    help: PROFILES.join(", "),
  },
  clause: { group: "select", kind: "list", key: "select.clauses", value: "ID", help: "checks of this clause" },
  area: { group: "select", kind: "list", key: "select.areas", value: "NAME", help: "checks of this area, as LOGS" },
  test: { group: "select", kind: "list", key: "select.tests", value: "ID", help: "this check, as GET-01/unknown" },
  capability: {
    group: "select",
    kind: "list",
    key: "select.capabilities",
    value: "ID",
    help: "checks that need this capability, as logs.follow",
  },
  skip: { group: "select", kind: "list", key: "select.skips", value: "ID", help: "not this check" },
  grep: { group: "select", kind: "text", key: "select.grep", value: "TEXT", help: "checks with this in id or title" },
  "only-failed": {
    group: "select",
    kind: "text",
    value: "REPORT",
    help: "what did not pass in this JSON report",
  },
  shard: {
    group: "select",
    kind: "text",
    value: "N/M",
    help: "part N of M equal parts; put them together with report merge",
  },
  requirements: {
    group: "select",
    kind: "text",
    key: "requirements",
    value: "SET",
    help: "frozen requirement set; newer checks run and are not scored. Default: the newest; draft: everything counts",
  },
  parallel: { group: "run", kind: "count", key: "limits.parallel", value: "N", fallback: 8, help: "checks at once" },
  seed: {
    group: "run",
    kind: "number",
    value: "N",
    help: "order of the checks; random by default, told in the report",
  },
  repeat: {
    group: "run",
    kind: "count",
    key: "limits.repeat",
    value: "N",
    fallback: 1,
    help: "rounds; what passes and fails is flaky",
  },
  "until-fail": { group: "run", kind: "switch", help: "with --repeat: end with the first round that has a failure" },
  bail: { group: "run", kind: "switch", key: "limits.bail", help: "end with the first failure" },
  level: {
    group: "run",
    kind: "text",
    key: "level",
    value: "NAME",
    of: LEVELS,
    fallback: "must",
    help: "strict: a failed SHOULD is exit code 1 too",
  },
  baseline: { group: "run", kind: "text", key: "baseline", value: "FILE", help: "known failures, strict both ways" },
  expect: {
    group: "run",
    kind: "list",
    key: "capabilities.expect",
    value: "ID",
    help: "the provider must declare exactly these capabilities",
  },
  "dry-run": { group: "run", kind: "switch", help: "the same as list --expected" },
  "print-config": { group: "run", kind: "switch", help: "every setting with where it comes from, and nothing else" },
  "report-dir": {
    group: "report",
    kind: "text",
    key: "reports.dir",
    value: "FOLDER",
    help: "where reports are written",
  },
  formats: {
    group: "report",
    kind: "list",
    key: "reports.formats",
    value: "LIST",
    of: FORMATS,
    help: `which reports: ${FORMATS.join(",")}`,
  },
  format: {
    group: "report",
    kind: "text",
    value: "NAME",
    of: ["text", "ndjson"],
    fallback: "text",
    help: "what is printed: text, or ndjson with one event per line",
  },
  verbose: { group: "report", kind: "switch", help: "-v: also what passed" },
};
