/** What may happen in a run, as data: fast-check makes sequences of it and shrinks them. */
import { array, boolean, constant, constantFrom, nat, oneof, record, type Arbitrary } from "fast-check";
import type { Policy } from "./facts.js";
import type { RefusalKind } from "./faults.js";
import type { Giving } from "./turns.js";
import type { FakeApi } from "../testing/fake-api.js";

/** One thing that happens. `slot` is a pod's name, `pick` a pod of the backend (whichever is there). */
export type Action =
  | {
      readonly kind: "create";
      readonly slot: number;
      readonly policy: Policy;
      readonly deadlineSeconds: number | undefined;
      readonly unsupported: boolean;
    }
  | { readonly kind: "delete"; readonly slot: number; readonly grace: number }
  | { readonly kind: "relabel" | "relabel-away" | "spoil-conditions" | "fail"; readonly slot: number }
  | { readonly kind: "run" | "stop" | "lose-loudly" | "lose-silently"; readonly pick: number }
  | { readonly kind: "exit"; readonly pick: number; readonly code: number }
  | { readonly kind: "crash-loop"; readonly pick: number; readonly times: number }
  | { readonly kind: "refuse"; readonly refusal: RefusalKind }
  | { readonly kind: "hang"; readonly where: "none" | "before" | "after" }
  | {
      readonly kind: "lose-answers" | "lose-api-answers" | "api-down" | "late-api" | "late-stream";
      readonly on: boolean;
    }
  | { readonly kind: "turns"; readonly giving: Giving }
  | { readonly kind: "refuse-api"; readonly refusal: FakeApi["refusal"] }
  | { readonly kind: "session"; readonly open: boolean }
  | { readonly kind: "restart-provider"; readonly finds: "all" | "no-inputs" | "nothing"; readonly complete: boolean }
  | { readonly kind: "kill-gateway"; readonly open: boolean }
  | { readonly kind: "complete-inventory" | "relist" | "open-snapshot" | "end-snapshot" | "heal" };

/** An action, and how long nothing else happens then; 0: the next one comes before anything settles. */
export interface Command {
  readonly action: Action;
  readonly thenMs: number;
}

const slot: Arbitrary<number> = nat({ max: 2 });
const pick: Arbitrary<number> = nat({ max: 2 });
const on: Arbitrary<boolean> = boolean();

function of<Value>(...values: readonly Value[]): Arbitrary<Value> {
  return constantFrom(...values);
}

/** The compiler does not relate records of arbitraries to a union: the names and fields must be those of Action. */
function kinds<Rest extends object>(
  names: readonly Action["kind"][],
  rest: { [Key in keyof Rest]: Arbitrary<Rest[Key]> },
): Arbitrary<Action> {
  return record({ kind: of(...names), ...rest }) as unknown as Arbitrary<Action>;
}

const create: Arbitrary<Action> = kinds(["create"], {
  slot,
  policy: of<Policy>("Always", "OnFailure", "Never"),
  deadlineSeconds: oneof(
    { weight: 4, arbitrary: constant<number | undefined>(undefined) },
    { weight: 1, arbitrary: of(20, 90) },
  ),
  unsupported: oneof({ weight: 9, arbitrary: constant(false) }, { weight: 1, arbitrary: constant(true) }),
});

const action: Arbitrary<Action> = oneof(
  { weight: 16, arbitrary: create },
  { weight: 10, arbitrary: kinds(["delete"], { slot, grace: of(0, 1, 5, 30, 40) }) },
  { weight: 6, arbitrary: kinds(["relabel", "relabel-away", "spoil-conditions", "fail"], { slot }) },
  { weight: 18, arbitrary: kinds(["run"], { pick }) },
  { weight: 12, arbitrary: kinds(["exit"], { pick, code: of(0, 1, 137) }) },
  { weight: 8, arbitrary: kinds(["stop"], { pick }) },
  { weight: 4, arbitrary: kinds(["lose-loudly", "lose-silently"], { pick }) },
  { weight: 4, arbitrary: kinds(["crash-loop"], { pick, times: of(1, 2, 5, 20) }) },
  {
    weight: 6,
    arbitrary: kinds(["refuse"], {
      refusal: of<RefusalKind>(
        "none",
        "unknown",
        "BACKEND_UNAVAILABLE",
        "OUT_OF_CAPACITY",
        "QUOTA",
        "BACKEND_CREDENTIALS",
      ),
    }),
  },
  { weight: 5, arbitrary: kinds(["hang"], { where: of("none", "before", "after") }) },
  {
    weight: 14,
    arbitrary: kinds(["lose-answers", "lose-api-answers", "api-down", "late-api", "late-stream"], { on }),
  },
  { weight: 6, arbitrary: kinds(["turns"], { giving: of<Giving>("at-once", "one", "none") }) },
  { weight: 5, arbitrary: kinds(["refuse-api"], { refusal: of<FakeApi["refusal"]>("none", "busy", "conflict") }) },
  { weight: 8, arbitrary: kinds(["session"], { open: on }) },
  {
    weight: 5,
    arbitrary: kinds(["restart-provider"], { finds: of("all", "no-inputs", "nothing"), complete: on }),
  },
  { weight: 4, arbitrary: kinds(["kill-gateway"], { open: on }) },
  { weight: 10, arbitrary: kinds(["complete-inventory", "relist", "open-snapshot", "end-snapshot", "heal"], {}) },
);

const command: Arbitrary<Command> = record({
  action,
  thenMs: oneof({ weight: 8, arbitrary: of(0, 1, 60) }, { weight: 4, arbitrary: of(1_000, 11_000, 60_000, 310_000) }),
});

/** Sequences of at most so many commands. */
export function commandLists(most: number): Arbitrary<readonly Command[]> {
  return array(command, { maxLength: most, size: "max" });
}
