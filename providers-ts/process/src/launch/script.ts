/** The two scripts of an instance: the one that becomes its first process, and the one for commands run in it later. */
import { renderEnvironment, type EnvList } from "./environment.js";
import { PRELUDE, renderRoot, type RootPlan, type ToolWords } from "./root.js";
import type { Security } from "./security.js";
import { encodeScript, quote, words } from "./shell.js";

export interface ProgramTools {
  readonly sh: string;
  readonly env: string;
  readonly setpriv: string | undefined;
  readonly unshare: string | undefined;
  readonly nsenter: string | undefined;
}

export interface ScriptPlan {
  readonly tools: ProgramTools;
  /** Absent: no mount namespace. */
  readonly root: RootPlan | undefined;
  /** How the host's tools are started inside the container. */
  readonly tool: ToolWords;
  /** The instance gets a process namespace of its own. */
  readonly ownProcesses: boolean;
  readonly command: readonly string[];
  readonly env: EnvList;
  readonly defaults: readonly (readonly [string, string])[];
  readonly workingDir: string;
  readonly cgroups: readonly string[];
  readonly security: Security;
}

export interface Scripts {
  readonly argv: readonly string[];
  readonly script: string;
  readonly execArgv: readonly string[];
  readonly execScript: string;
}

export function renderScripts(plan: ScriptPlan): Scripts {
  const shell = [plan.tools.sh, "-s"];
  return {
    argv: [...namespaceWords(plan), ...shell],
    script: encodeScript(launchLines(plan)),
    execArgv: shell,
    execScript: encodeScript(execLines(plan)),
  };
}

/**
 * The parent of a process namespace's first process is a shell, since unshare --fork turns a death by KILL into exit code 1.
 * What the shell itself would print about such a death must not reach the container's log.
 */
const PARENT = 'exec 6>&2 2>/dev/null; "$@" 2>&6 6>&-; exit $?';

function namespaceWords({ tools, root, ownProcesses }: ScriptPlan): readonly string[] {
  if (root === undefined || tools.unshare === undefined) return [];
  return [tools.unshare, "--mount", ...(ownProcesses ? ["--pid", "--", tools.sh, "-c", PARENT, "parent"] : ["--"])];
}

function launchLines(plan: ScriptPlan): readonly string[] {
  const environment = renderEnvironment(plan.env, plan.defaults);
  const folder = quote(plan.workingDir);
  return [
    ...PRELUDE,
    ...joinGroups(plan.cgroups).map(
      (line) => `${line} || fail CreateContainerError "the control group cannot be joined"`,
    ),
    ...(plan.root === undefined ? [] : renderRoot(plan.root, plan.tool)),
    `cd ${folder} 2>/dev/null || fail RunContainerError ${quote(`working directory ${plan.workingDir} cannot be entered`)}`,
    ...environment.exports,
    ...checkProgram(plan.command[0] ?? ""),
    "printf 'ok\\n' >&4",
    `exec ${programWords(plan, environment.words)} ${words(plan.command)} <&3 3<&- 4>&-`,
  ];
}

function execLines(plan: ScriptPlan): readonly string[] {
  const environment = renderEnvironment(plan.env, plan.defaults);
  const enter =
    plan.root === undefined || plan.tools.nsenter === undefined
      ? []
      : [plan.tools.nsenter, "-t", "@PID@", "-m", ...(plan.ownProcesses ? ["-p"] : []), "-r", "--"];
  return [
    "umask 022",
    ...joinGroups(plan.cgroups),
    ...environment.exports,
    "@TERM@",
    `exec ${enter.join(" ")} ${programWords(plan, ["-C", quote(plan.workingDir), ...environment.words])} @COMMAND@ <&3 3<&- 4>&-`,
  ];
}

/** env(1) for names that a shell adds or cannot hold, then setpriv(1) for ids and capabilities. */
function programWords({ tools, tool, security }: ScriptPlan, envWords: readonly string[]): string {
  const needed = security.setpriv.length > 0 && tools.setpriv !== undefined;
  const privileges = needed ? [tool(tools.setpriv), ...security.setpriv] : [];
  return [tool(tools.env), ...envWords, ...privileges].join(" ");
}

function joinGroups(cgroups: readonly string[]): readonly string[] {
  return cgroups.map((folder) => `echo 0 >${quote(`${folder}/cgroup.procs`)}`);
}

/** Tells a missing program apart from one that ends with 127. */
function checkProgram(program: string): readonly string[] {
  const name = quote(program);
  if (program.includes("/")) {
    return [
      `[ -e ${name} ] || fail RunContainerError ${quote(`exec: "${program}": stat ${program}: no such file or directory`)}`,
      `{ [ -f ${name} ] && [ -x ${name} ]; } || fail RunContainerError ${quote(`exec: "${program}": permission denied`)}`,
    ];
  }
  return [
    // In a subshell: no name of ours may land in the container's environment.
    `(IFS=:; for d in $PATH; do { [ -f "$d/"${name} ] && [ -x "$d/"${name} ]; } && exit 0; done; exit 1) || fail RunContainerError ${quote(`exec: "${program}": executable file not found in $PATH`)}`,
  ];
}
