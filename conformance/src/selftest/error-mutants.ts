/** Mutants of errors, and of what holds for every call. */
import { Code, StatusError } from "@outboard/contract";
import { type Mutant, mutant } from "./mutant.js";
import { errors, map, type Message, observed, refuseWhen, type Rule, swallow } from "./rule.js";
import { emptyPod } from "./pod-rules.js";

export const ERROR_MUTANTS: readonly Mutant[] = [
  mutant(
    "ERR-01",
    "missing",
    "fails without saying why",
    () => errors((error) => new StatusError(Code.INTERNAL, error.message)),
    "GET-01/unknown",
  ),
  mutant(
    "ERR-02",
    "wrong-status",
    "sends a reason with another code",
    () =>
      errors(
        (error) =>
          new StatusError(Code.ABORTED, error.message, error.reason === undefined ? {} : { reason: error.reason }),
      ),
    "GET-01/unknown",
  ),
  mutant(
    "ERR-03",
    "unexpected",
    "sends its stack trace",
    () =>
      errors(
        (error) =>
          new StatusError(
            error.code,
            `${error.message}\n    at get (provider.js:1:1)`,
            error.reason === undefined ? {} : { reason: error.reason },
          ),
      ),
    "GET-01/unknown",
  ),
  mutant("ERR-04", "unexpected", "shows the environment in a message", leakySecrets, "INPUT-01/env"),
  mutant("ERR-05", "accepted", "cuts what is too long", () => swallow("getPod", "BAD_REQUEST", [{ pod: emptyPod() }])),
  mutant("X-05", "refused", "takes messages of 1 MiB only", () =>
    refuseWhen(
      "createPod",
      ({ inputs: given }) =>
        JSON.stringify(
          given?.volumes.map((each: Message) => each.files.map((file: Message) => file.content.length)) ?? "",
        ).length > 8,
    ),
  ),
  mutant("X-07", "late", "takes its time for GetNode", slowNode),
  mutant("X-10", "refused", "refuses numbers that it does not know", () =>
    refuseWhen("stopPod", ({ reason }) => reason > 5),
  ),
];

function leakySecrets(): Rule {
  let secret = "";
  const leak = observed(() => (secret === "" ? {} : { failure: { reason: "Failed", message: `SECRET=${secret}` } }));
  return (input, passing) =>
    passing.method === "createPod"
      ? passing.next(
          map(input, (each) => {
            const value = each.inputs?.containers[0]?.env.find(({ name }: Message) => name === "SECRET")?.value;
            secret = value === undefined ? secret : Buffer.from(value.parts[0].part.value).toString("utf8");
            return each;
          }),
        )
      : leak(input, passing);
}

function slowNode(): Rule {
  return async function* (input, passing) {
    if (passing.method === "getNode") await new Promise((resolve) => setTimeout(resolve, 3_200));
    yield* passing.next(input);
  };
}
