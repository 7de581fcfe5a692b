/** Mutants in the provider itself, which a proxy cannot make. They need a kit that knows how to switch defects on. */
import type { ClauseId } from "../clauses/registry.js";
import type { FailureCode } from "../suite/failure.js";
import { flags } from "./launch.js";
import { launchedMutant, type Mutant } from "./mutant.js";

export const SWITCH_MUTANTS: readonly Mutant[] = [
  defect("CREATE-06", "wrong-value", "creates-by-name"),
  defect("CREATE-11", "refused", "loses-a-create-in-a-race"),
  defect("CREATE-18", "refused", "refuses-unknown-fields-of-createpod"),
  defect("CREATE-21", "missing", "forgets-pods"),
  defect("CREATE-21", "wrong-value", "ends-pods-at-a-crash"),
  defect("CREATE-22", "late", "needs-inputs-for-ever"),
  defect("STOP-06", "late", "takes-no-grace-for-the-default"),
  defect("STOP-07", "wrong-value", "gives-no-grace"),
  defect("STOP-08", "late", "never-kills"),
  defect("STOP-09", "late", "keeps-the-first-grace"),
  defect("STOP-12", "changed", "stops-by-name"),
  defect("STOP-12", "changed", "stops-by-prefix"),
  defect("STOP-15", "late", "stops-only-what-runs"),
  defect("STOP-16", "late", "forgets-stops"),
  defect("REL-07", "unexpected", "keeps-released-pods"),
  defect("RESTART-05", "missing", "forgets-ended-pods"),
  defect("RESTART-05", "wrong-value", "forgets-exit-codes"),
  defect("HS-11", "refused", "refuses-unknown-fields-of-handshake"),
  defect("HEALTH-02", "late", "blocks-while-it-creates"),
  defect("X-01", "crash", "dies-of-bytes-that-are-no-message"),
  defect("X-02", "late", "has-a-worker-per-stream"),
  defect("X-04", "refused", "refuses-unknown-fields-of-getnode"),
  defect("EXEC-16", "wrong-value", "mixes-commands"),
  defect("ATTACH-02", "changed", "ends-the-container-with-the-attach"),
  defect("PF-04", "late", "ends-every-connection-with-one"),
  defect("PF-05", "wrong-value", "mixes-connections"),
];

function defect(clause: ClauseId, code: FailureCode, name: string): Mutant {
  return launchedMutant(clause, code, name.replaceAll("-", " "), flags("defect", { name }));
}
