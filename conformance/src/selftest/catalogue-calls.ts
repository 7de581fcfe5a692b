/** Rows of the catalogue: handshake, node, the life of a pod, lists. */
import type { CatalogueRow } from "./catalogue.js";

export const CALL_ROWS: readonly CatalogueRow[] = [
  { row: "INFO-01", fault: "provider name empty", mutants: ["M-HS-03-has-no-name"] },
  {
    row: "INFO-02",
    fault: "list of contract versions lacks the version it then speaks",
    mutants: ["M-HS-01-names-a-revision-that-nobody-asked-for"],
  },
  {
    row: "INFO-03",
    fault: "serves an unsupported requested version as if fine",
    mutants: ["M-HS-02-takes-callers-of-any-revision"],
  },
  {
    row: "INFO-04",
    fault: "declares exec, RPC answers UNIMPLEMENTED",
    mutants: ["M-CAP-03-declares-exec-and-does-not-have-it"],
  },
  {
    row: "INFO-05",
    fault: "does not declare portforward, RPC works anyway",
    mutants: ["M-CAP-01-serves-port-forward-without-declaring-it", "M-CAP-01-serves-exec-without-declaring-it"],
  },
  {
    row: "INFO-06",
    fault: "undeclared RPC hangs until the deadline",
    mutants: ["M-CAP-01-hangs-where-it-must-say-that-it-has-no-s"],
  },
  {
    row: "INFO-08",
    fault: "capability set alternates between calls",
    mutants: ["M-HS-05-forgets-a-capability-on-every-second-cal"],
  },
  {
    row: "INFO-11",
    fault: "request with an unknown field is refused",
    mutants: ["M-HS-11-refuses-unknown-fields-of-handshake", "M-X-04-refuses-unknown-fields-of-getnode"],
  },
  {
    row: "PROBE-01",
    fault: "ready = true before start-up finished, next CreatePod fails UNAVAILABLE",
    mutants: ["M-NODE-16-is-ready-before-it-knows-whose-pods-it-h"],
    here: "ready is the state of GetNode",
  },
  {
    row: "PROBE-02",
    fault: "Probe waits behind a slow CreatePod (shared lock)",
    mutants: ["M-HEALTH-02-blocks-while-it-creates"],
    here: "the probe is grpc.health.v1",
  },
  { row: "NODE-01", fault: "capacity lacks pods", mutants: ["M-NODE-03-capacity-lacks-pods"] },
  { row: "NODE-02", fault: "allocatable memory above capacity", mutants: ["M-NODE-05-allocatable-is-above-capacity"] },
  { row: "NODE-03", fault: "quantity '4 cores'", mutants: ["M-NODE-04-writes-a-quantity-in-words"] },
  {
    row: "NODE-05",
    fault: "no Ready condition",
    mutants: ["M-NODE-01-has-no-state"],
    here: "Ready is made of the state",
  },
  {
    row: "NODE-10",
    fault: "WatchNode sends nothing until a change",
    mutants: ["M-NODE-02-has-no-node"],
    here: "the node is polled, not watched",
  },
  {
    row: "NODE-11",
    fault: "WatchNode sends only changed fields",
    mutants: ["M-NODE-10-leaves-out-what-it-has-said-before"],
    here: "the node is polled, not watched",
  },
  {
    row: "NODE-12",
    fault: "condition change not announced",
    mutants: ["M-NODE-11-is-ready-while-the-backend-is-down", "M-NODE-12-stays-broken-after-an-outage"],
    here: "the node is polled, not watched",
  },
  {
    row: "CREATE-01",
    fault: "repeat with same uid and same spec → ALREADY_EXISTS",
    mutants: ["M-CREATE-02-refuses-a-create-of-what-it-knows"],
  },
  {
    row: "CREATE-02",
    fault: "repeat with same uid starts a second workload",
    mutants: ["M-CREATE-03-starts-the-pod-again-on-every-call"],
  },
  {
    row: "CREATE-03",
    fault: "same uid, different spec accepted silently",
    mutants: ["M-CREATE-04-takes-another-digest-silently"],
  },
  {
    row: "CREATE-04",
    fault: "same namespace/name, new uid, old one alive: old one overwritten",
    mutants: ["M-CREATE-06-shows-the-end-of-a-pod-when-another-of-i"],
  },
  {
    row: "CREATE-05",
    fault: "returns OK, GetPod says NOT_FOUND for one second",
    mutants: ["M-CREATE-05-knows-a-pod-only-some-time-after-the-ans"],
  },
  {
    row: "CREATE-06",
    fault: "pods keyed by name without namespace",
    mutants: ["M-CREATE-06-creates-by-name"],
    here: "the UID alone is the identity",
  },
  {
    row: "CREATE-07",
    fault: "empty container list accepted",
    mutants: ["M-CREATE-07-takes-a-manifest-that-is-no-pod", "M-CREATE-07-takes-a-pod-without-start-time"],
    here: "the API server has checked the containers",
  },
  {
    row: "CREATE-08",
    fault: "refused create leaves an entry in ListPods",
    mutants: ["M-CREATE-08-keeps-the-pod-of-a-refused-call"],
  },
  {
    row: "CREATE-09",
    fault: "empty string argument dropped",
    mutants: ["M-FEAT-02-drops-empty-arguments", "M-EXEC-08-drops-empty-arguments"],
  },
  { row: "CREATE-11", fault: "second container ignored", mutants: ["M-FEAT-05-forgets-the-second-container"] },
  {
    row: "CREATE-14",
    fault: "labels lost in GetPod",
    mutants: ["M-CREATE-10-loses-the-namespace"],
    here: "an observation carries identity, not labels",
  },
  {
    row: "CREATE-16",
    fault: "of 20 concurrent creates one is lost (map race)",
    mutants: ["M-CREATE-11-loses-every-fifth-pod", "M-CREATE-11-loses-a-create-in-a-race"],
  },
  {
    row: "CREATE-18",
    fault: "client cancels: workload runs on, invisible and undeletable",
    mutants: ["M-CREATE-12-keeps-a-cancelled-uid-for-ever"],
  },
  {
    row: "CREATE-22",
    fault: "secret value echoed in status message",
    mutants: ["M-ERR-04-shows-the-environment-in-a-message"],
  },
  {
    row: "UPDATE-01",
    fault: "unknown uid creates the pod",
    mutants: [
      "M-UPDATE-03-makes-the-pod-of-an-update-that-it-refus",
      "M-UPDATE-03-answers-ok-for-a-pod-that-it-does-not-kn",
    ],
  },
  {
    row: "UPDATE-02",
    fault: "returns OK, change not applied",
    mutants: ["M-UPDATE-01-answers-updatepod-and-does-nothing"],
  },
  {
    row: "UPDATE-03",
    fault: "immutable field change accepted",
    mutants: ["M-UPDATE-02-takes-a-change-that-it-did-not-declare", "M-UPDATE-08-takes-the-kinds-that-it-knows"],
    here: "what may change is declared by kind",
  },
  {
    row: "DELETE-01",
    fault: "unknown uid → INTERNAL",
    mutants: ["M-STOP-03-refuses-to-stop-what-it-does-not-know"],
    here: "an unknown UID is OK and gets a tombstone",
  },
  {
    row: "DELETE-02",
    fault: "second delete during termination fails",
    mutants: ["M-STOP-02-refuses-a-second-stoppod"],
  },
  {
    row: "DELETE-03",
    fault: "grace period ignored, killed at once",
    mutants: ["M-STOP-07-kills-at-once", "M-STOP-08-ignores-the-grace", "M-STOP-07-gives-no-grace"],
  },
  {
    row: "DELETE-04",
    fault: "never killed after grace",
    mutants: ["M-STOP-08-gives-far-more-grace", "M-STOP-08-never-kills"],
  },
  {
    row: "DELETE-05",
    fault: "grace 0 treated as unset (default 30)",
    mutants: ["M-STOP-06-takes-grace-0-for-unset", "M-STOP-06-takes-no-grace-for-the-default"],
  },
  {
    row: "DELETE-06",
    fault: "deletes by name, not uid: kills the new pod of the same name",
    mutants: ["M-STOP-12-stops-every-pod-of-the-name", "M-STOP-12-stops-by-name"],
  },
  {
    row: "DELETE-07",
    fault: "pod vanishes without terminal container status",
    mutants: ["M-WATCH-16-forgets-a-pod-without-its-end"],
  },
  {
    row: "DELETE-08",
    fault: "terminated pod stays in ListPods for ever",
    mutants: ["M-REL-01-answers-releasepod-and-keeps-the-pod"],
    here: "an ended pod goes with ReleasePod",
  },
  { row: "DELETE-09", fault: "pods sharing the name prefix deleted too", mutants: ["M-STOP-12-stops-by-prefix"] },
  {
    row: "GET-01",
    fault: "unknown uid → OK with empty pod",
    mutants: ["M-GET-01-answers-an-empty-pod-for-an-unknown-uid"],
  },
  {
    row: "GET-02",
    fault: "phase Running while a container waits in back-off from the start",
    mutants: ["M-OBS-13-is-preparing-while-a-container-runs"],
    here: "the phase is the gateway's; the stage must agree",
  },
  {
    row: "GET-03",
    fault: "phase goes from Succeeded back to Running",
    mutants: ["M-OBS-03-goes-back-to-preparing-on-the-way-to-the"],
    here: "the phase is the gateway's; the stage never goes back",
  },
  {
    row: "GET-04",
    fault: "exit code 3 reported as 0, phase Succeeded",
    mutants: ["M-FEAT-04-says-0-for-every-end", "M-OBS-04-cuts-exit-codes-above-127"],
  },
  { row: "GET-08", fault: "restart count reset to 0 on restart", mutants: ["M-OBS-05-counts-restarts-down"] },
  {
    row: "LIST-01",
    fault: "finished pods omitted",
    mutants: ["M-WATCH-03-leaves-ended-pods-out-of-the-snapshot"],
    here: "the list is a snapshot of the watch",
  },
  {
    row: "LIST-03",
    fault: "last item of a page skipped",
    mutants: ["M-WATCH-03-leaves-the-newest-pod-out-of-a-snapshot"],
    here: "the list is a stream without pages",
  },
  {
    row: "LIST-07",
    fault: "list empty after provider restart although workloads live",
    mutants: ["M-CREATE-21-forgets-pods", "M-CREATE-21-loses-its-state-at-each-start"],
  },
];
