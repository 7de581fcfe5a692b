/** Mutants of the process: it dies, freezes, ignores signals, or starts wrongly. They work with any provider. */
import { type Launch, script } from "./launch.js";
import { launchedMutant, type Mutant } from "./mutant.js";

const SOCKET = 'e="{endpoint}"; s="${e#unix://}"';

export const PROCESS_MUTANTS: readonly Mutant[] = [
  launchedMutant("WATCH-09", "crash", "dies while it is watched", afterAWhile("kill -KILL $$")),
  launchedMutant("WATCH-09", "crash", "freezes while it is watched", afterAWhile("kill -STOP $$")),
  launchedMutant(
    "RESTART-02",
    "unreachable",
    "does not start where a socket was left",
    script(`${SOCKET}; if test -S "$s"; then echo the address is in use; exit 1; fi; exec "$@"`),
  ),
  launchedMutant("RESTART-01", "repeated", "leaves a child that holds the socket", beside("", "sleep 5")),
  launchedMutant("RESTART-04", "late", "ignores the termination signal", beside('trap "" TERM', "true")),
  launchedMutant("CREATE-21", "missing", "loses its state at each start", script('rm -rf "{dir}"/*; exec "$@"')),
  launchedMutant(
    "X-08",
    "wrong-value",
    "opens its socket to everybody",
    script(`${SOCKET}; (until chmod 666 "$s" 2>/dev/null; do sleep 0.05; done) & exec "$@"`),
  ),
];

/** Two seconds after the socket is there. */
function afterAWhile(then: string): Launch {
  return script(`${SOCKET}; (until test -S "$s"; do sleep 0.1; done; sleep 2; ${then}) & exec "$@"`);
}

/** A shell that stays in front of the provider; it takes the provider along soon after its own end. */
function beside(first: string, wait: string): Launch {
  const watchdog = `(while kill -0 $$ 2>/dev/null; do sleep 0.1; done; ${wait}; kill -KILL $p 2>/dev/null) &`;
  return script(`${first === "" ? "" : `${first}; `}"$@" & p=$!; ${watchdog} wait $p`);
}
