// Command line of the runner for one run over the tests of a list.

export interface GinkgoRun {
  readonly names: readonly string[];
  /** Tests at once. */
  readonly procs: number;
  readonly timeoutMinutes: number;
  readonly reportFile: string;
  readonly outputFolder: string;
  readonly program: string;
  readonly kubeconfig: string;
  readonly kubectl: string;
}

export function ginkgoArguments(run: GinkgoRun): string[] {
  return [
    "run",
    `--procs=${run.procs}`,
    `--timeout=${run.timeoutMinutes}m`,
    "--no-color",
    "--silence-skips",
    `--json-report=${run.reportFile}`,
    `--output-dir=${run.outputFolder}`,
    "--poll-progress-after=0s",
    `--focus=${focusOn(run.names)}`,
    run.program,
    "--",
    "--provider=skeleton",
    `--kubeconfig=${run.kubeconfig}`,
    `--kubectl-path=${run.kubectl}`,
    "--dump-logs-on-failure=false",
    "--report-dir=",
  ];
}

/** A pattern of Go that these names match to their end, and no others. Before a name stands the suite's own. */
export function focusOn(names: readonly string[]): string {
  return ` (${names.map(quoted).join("|")})$`;
}

function quoted(name: string): string {
  return name.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
