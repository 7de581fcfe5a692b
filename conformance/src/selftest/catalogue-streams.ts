/** Rows of the catalogue: watch, logs, commands, connections, figures, and what cuts across all calls. */
import type { CatalogueRow } from "./catalogue.js";

export const STREAM_ROWS: readonly CatalogueRow[] = [
  {
    row: "WATCH-01",
    fault: "no sync marker after the initial snapshot",
    mutants: ["M-WATCH-01-begins-without-snapshot-begin", "M-WATCH-02-never-calls-a-snapshot-complete"],
  },
  {
    row: "WATCH-02",
    fault: "snapshot omits pods that existed before",
    mutants: [
      "M-WATCH-03-leaves-ended-pods-out-of-the-snapshot",
      "M-WATCH-17-gives-an-empty-snapshot-to-a-second-stre",
    ],
  },
  {
    row: "WATCH-03",
    fault: "resume drops the first event after the token",
    mutants: ["M-WATCH-19-loses-what-comes-while-the-snapshot-is-s", "M-LOGS-17-begins-again-from-the-start"],
    here: "the watch has no resume token: a new stream begins with a snapshot; logs have a cursor",
  },
  {
    row: "WATCH-04",
    fault: "resume repeats from the beginning, ignoring the token",
    mutants: ["M-WATCH-15-sends-an-observation-twice", "M-LOGS-17-begins-again-from-the-start"],
    here: "the watch has no resume token; logs have a cursor",
  },
  {
    row: "WATCH-05",
    fault: "unknown or compacted token accepted, silent gap",
    mutants: ["M-LOGS-18-takes-any-cursor"],
    here: "the watch has no resume token; logs have a cursor",
  },
  { row: "WATCH-06", fault: "DELETED event missing", mutants: ["M-WATCH-07-does-not-tell-of-a-release"] },
  {
    row: "WATCH-07",
    fault: "terminal state skipped: Running straight to DELETED",
    mutants: ["M-WATCH-16-forgets-a-pod-without-its-end", "M-WATCH-14-skips-the-end-before-a-restart"],
  },
  { row: "WATCH-08", fault: "two events of one pod swapped", mutants: ["M-WATCH-15-swaps-two-observations-of-a-pod"] },
  { row: "WATCH-11", fault: "stream ends OK after 30 s idle", mutants: ["M-WATCH-10-ends-an-idle-stream"] },
  { row: "WATCH-13", fault: "slow consumer stops events for others", mutants: ["M-WATCH-12-serves-one-reader-only"] },
  {
    row: "LOGS-01",
    fault: "stderr lines missing",
    mutants: ["M-LOGS-01-has-no-standard-error-in-the-log", "M-LOGS-20-takes-standard-output-for-standard-error"],
  },
  {
    row: "LOGS-02",
    fault: "last line without newline dropped",
    mutants: ["M-LOGS-01-drops-the-last-line"],
  },
  {
    row: "LOGS-03",
    fault: "tail n gives n + 1",
    mutants: ["M-LOGS-15-gives-one-line-more", "M-LOGS-15-takes-tail-0-for-unset"],
  },
  {
    row: "LOGS-05",
    fault: "follow ends at the current end of file",
    mutants: ["M-LOGS-08-ends-a-follower-at-the-end-of-the-file"],
  },
  {
    row: "LOGS-06",
    fault: "follow never ends after the container ended",
    mutants: ["M-LOGS-10-never-ends-a-follower"],
  },
  {
    row: "LOGS-07",
    fault: "follow starts with new lines only",
    mutants: ["M-LOGS-09-begins-a-follower-with-new-lines"],
  },
  { row: "LOGS-09", fault: "timestamps flag ignored", mutants: ["M-LOGS-13-chunks-have-no-time"] },
  { row: "LOGS-11", fault: "sinceTime ignored", mutants: ["M-LOGS-14-ignores-since-time"] },
  {
    row: "LOGS-14",
    fault: "limitBytes counts lines, or exceeds by a frame",
    mutants: ["M-LOGS-16-gives-one-byte-more"],
  },
  {
    row: "LOGS-16",
    fault: "previous returns the current instance",
    mutants: ["M-LOGS-11-gives-the-latest-log-for-the-previous-on"],
  },
  {
    row: "LOGS-18",
    fault: "unknown container → OK, empty",
    mutants: ["M-LOGS-05-gives-an-empty-log-of-an-unknown-contain"],
  },
  { row: "LOGS-21", fault: "invalid UTF-8 replaced", mutants: ["M-LOGS-01-takes-the-log-for-text"] },
  {
    row: "LOGS-26",
    fault: "logs gone once the container ended",
    mutants: ["M-LOGS-03-has-no-log-of-an-ended-container"],
  },
  { row: "EXEC-01", fault: "exit code always 0", mutants: ["M-EXEC-01-always-says-0"] },
  {
    row: "EXEC-03",
    fault: "exit status sent before the last output",
    mutants: ["M-EXEC-02-sends-exit-before-the-last-output", "M-EXEC-03-loses-a-chunk-of-a-large-output"],
  },
  {
    row: "EXEC-04",
    fault: "stderr merged into stdout without tty",
    mutants: ["M-EXEC-04-sends-standard-error-as-standard-output"],
  },
  {
    row: "EXEC-06",
    fault: "half-close of stdin not passed on",
    mutants: ["M-EXEC-05-does-not-pass-on-the-end-of-input"],
  },
  { row: "EXEC-07", fault: "resize ignored", mutants: ["M-EXEC-07-ignores-resizes"] },
  {
    row: "EXEC-09",
    fault: "argv joined and passed to a shell",
    mutants: ["M-EXEC-08-joins-arguments-and-parts-them-again", "M-FEAT-02-gives-arguments-to-a-shell"],
  },
  {
    row: "EXEC-11",
    fault: "client cancel leaves the process running",
    mutants: ["M-EXEC-10-never-lets-go-of-a-command"],
  },
  {
    row: "EXEC-12",
    fault: "first message is not Start: waits for ever",
    mutants: ["M-EXEC-11-waits-for-a-start-that-never-comes"],
  },
  { row: "EXEC-14", fault: "stdin transcoded (non-UTF-8 bytes changed)", mutants: ["M-EXEC-05-takes-input-for-text"] },
  { row: "EXEC-16", fault: "output of two concurrent execs mixed", mutants: ["M-EXEC-16-mixes-commands"] },
  {
    row: "EXEC-21",
    fault: "exit code delivered as a gRPC error",
    mutants: ["M-EXEC-01-fails-the-call-for-a-failed-command"],
  },
  {
    row: "EXEC-23",
    fault: "10 MiB echo dead-locks (reads only after writing)",
    mutants: ["M-EXEC-19-locks-up-in-a-large-echo"],
  },
  {
    row: "ATTACH-01",
    fault: "starts a new process instead of joining the main one",
    mutants: ["M-ATTACH-01-attaches-to-a-process-of-its-own"],
  },
  {
    row: "ATTACH-02",
    fault: "closing the session ends the container",
    mutants: ["M-ATTACH-02-ends-the-container-with-the-attach"],
  },
  { row: "ATTACH-04", fault: "replays the whole log", mutants: ["M-ATTACH-04-sends-the-log-before-the-output"] },
  {
    row: "ATTACH-06",
    fault: "container ends, stream stays open",
    mutants: ["M-ATTACH-03-stays-open-when-the-process-has-ended", "M-ATTACH-03-ends-without-exit"],
  },
  {
    row: "PF-01",
    fault: "half-close not passed to the server",
    mutants: ["M-PF-02-does-not-pass-on-the-client-s-half-close"],
  },
  {
    row: "PF-02",
    fault: "remote close loses the last bytes",
    mutants: ["M-PF-01-loses-a-chunk", "M-PF-02-does-not-pass-on-the-pod-s-half-close"],
  },
  {
    row: "PF-03",
    fault: "refused port: stream stays open without error",
    mutants: ["M-PF-03-stays-open-where-nobody-listens", "M-PF-03-does-not-say-that-a-connection-failed"],
  },
  {
    row: "PF-04",
    fault: "one connection's error ends the whole session",
    mutants: ["M-PF-04-ends-every-connection-with-one"],
  },
  { row: "PF-05", fault: "data of two connections mixed", mutants: ["M-PF-05-mixes-connections"] },
  {
    row: "PF-06",
    fault: "forwards to the provider host's port, not the pod's",
    mutants: ["M-PF-03-connects-to-the-host-s-own-port"],
  },
  { row: "STATS-01", fault: "cumulative CPU goes backwards", mutants: ["M-STATS-02-counters-fall"] },
  {
    row: "STATS-02",
    fault: "CPU in milliseconds instead of nanoseconds",
    mutants: ["M-STATS-09-counts-milliseconds", "M-STATS-09-counts-picoseconds"],
  },
  { row: "STATS-03", fault: "one container missing", mutants: ["M-STATS-01-leaves-containers-out"] },
  { row: "X-01", fault: "every error becomes UNKNOWN", mutants: ["M-ERR-01-fails-without-saying-why"] },
  { row: "X-02", fault: "stack trace or file path in the message", mutants: ["M-ERR-03-sends-its-stack-trace"] },
  { row: "X-03", fault: "malformed request kills the process", mutants: ["M-X-01-dies-of-bytes-that-are-no-message"] },
  { row: "X-04", fault: "open stream blocks unary calls", mutants: ["M-X-02-has-a-worker-per-stream"] },
  {
    row: "X-05",
    fault: "token or client certificate not checked",
    mutants: ["M-SESS-01-serves-calls-without-a-session", "M-SESS-02-serves-calls-of-any-session"],
    here: "a session stands for a token",
  },
  { row: "X-07", fault: "answer after the deadline, work continued", mutants: ["M-X-07-takes-its-time-for-getnode"] },
];
