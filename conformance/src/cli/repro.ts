/** `repro`: the calls that led to one failure, for authors who do not run this program. */
import {
  ControlServiceDefinition,
  IdentityServiceDefinition,
  InteractionServiceDefinition,
  NodeServiceDefinition,
  PodServiceDefinition,
  type ServiceDefinition,
  StatsServiceDefinition,
} from "@outboard/contract";
import { clauseOf } from "../clauses/registry.js";
import type { Result } from "../suite/outcome.js";
import { EXIT, type ExitCode } from "../suite/outcome.js";
import { UsageError } from "./arguments.js";
import type { Context } from "./context.js";
import { didYouMean } from "./nearest.js";
import { readReport } from "./read-report.js";
import { readWords } from "./words.js";

const SERVICES: readonly ServiceDefinition[] = [
  IdentityServiceDefinition,
  NodeServiceDefinition,
  PodServiceDefinition,
  InteractionServiceDefinition,
  StatsServiceDefinition,
  ControlServiceDefinition,
];

/** "CreatePod" to "outboard.provider.v1.PodService/CreatePod". */
const PATHS: ReadonlyMap<string, string> = new Map(
  SERVICES.flatMap(({ fullName, methods }) =>
    Object.values(methods).map(({ name }) => [name, `${fullName}/${name}`] as const),
  ),
);

const HEAD = `#!/bin/sh
# PROTO: the folder "proto" of the contract; SOCKET: the provider's socket, "unix:///..."; SESSION: what Handshake answers.
# Values that may be secrets stand as [redacted] or "<n bytes>", long requests are cut: fill them in before you send them.
call() { grpcurl -plaintext -import-path "$PROTO" -proto "$1" -H "outboard-session: $SESSION" -d "$3" "$SOCKET" "$2"; }
`;

/** Runs it. */
export function reproCommand(argv: readonly string[], { print }: Context): ExitCode {
  const [file, id] = readWords(argv, { name: "repro", most: 2 }).words;
  const { results } = readReport(file, "repro");
  const result = results.find((each) => each.id === id);
  if (result === undefined) {
    const hint = didYouMean(
      id ?? "",
      results.map((each) => each.id),
    );
    throw new UsageError(`repro: the report has no check "${id ?? ""}"${hint}`);
  }
  print(reproduce(result));
  return EXIT.ok;
}

function reproduce({ id, clause, outcome, code, message, trace }: Result): string {
  const text = clauseOf(clause)?.text ?? "";
  const head = [`# ${id}: ${outcome} ${code}`, ...comment(message), ...comment(`${clause}: ${text}`)];
  return [HEAD.trimEnd(), ...head.map((line) => line.trimEnd()), ...trace.map(step)].join("\n");
}

function comment(text: string): readonly string[] {
  return text.split("\n").map((line) => `# ${line}`);
}

/** "12 ms -> GetPod {...}" as a call, everything else as a comment. */
function step(line: string): string {
  const [, method = "", request = ""] = /^\d+ ms -> (\w+) (\{.*)$/s.exec(line) ?? [];
  const path = PATHS.get(method);
  if (path === undefined) return `# ${line.replaceAll("\n", " ")}`;
  const isCut = request.endsWith("...");
  const call = `call ${protoOf(path)} ${path} '${request.replaceAll("'", `'\\''`)}'`;
  return isCut ? `# (cut) ${call}` : call;
}

function protoOf(path: string): string {
  const service = path.split("/")[0]?.split(".").at(-1) ?? "";
  if (service === "ControlService") return "outboard/testing/v1alpha1/control.proto";
  return `outboard/provider/v1/${service.replace("Service", "").toLowerCase()}.proto`;
}
