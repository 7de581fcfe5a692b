/** The client's half of a bidirectional interaction: the start frame first, once, then the rest, checked. */
import { refuse } from "../errors.js";

/** A client frame, of whatever RPC. */
interface Frame {
  readonly $case: string;
}

/** What the client may send after the start. */
export interface InputRules {
  readonly stdin: boolean;
  readonly tty: boolean;
}

/** Reads the start frame. @throws StatusError BAD_REQUEST when the first frame is another, or there is none. */
export async function readStart<F extends Frame>(
  input: AsyncIterator<{ readonly frame?: F | undefined }>,
): Promise<Extract<F, { readonly $case: "start" }>> {
  const first = await input.next();
  const frame = first.done === true ? undefined : first.value.frame;
  if (frame?.$case === "start") return frame as Extract<F, { readonly $case: "start" }>;
  throw badFrame("the first frame must be start");
}

/** The frames after the start. A frame that breaks the contract ends them and is told to `onBroken`. */
export async function* readRest<F extends Frame>(
  input: AsyncIterator<{ readonly frame?: F | undefined }>,
  rules: InputRules,
  onBroken: (error: Error) => void,
): AsyncGenerator<F> {
  for (let next = await input.next(); next.done !== true; next = await input.next()) {
    const problem = problemOf(next.value.frame, rules);
    if (problem !== undefined) {
      onBroken(badFrame(problem));
      return;
    }
    if (next.value.frame !== undefined) yield next.value.frame;
  }
}

function problemOf(frame: Frame | undefined, rules: InputRules): string | undefined {
  if (frame === undefined) return "a frame must be set";
  if (frame.$case === "start") return "only the first frame may be start";
  if (frame.$case === "stdin" && !rules.stdin) return "stdin frames need start.stdin";
  return frame.$case === "resize" && !rules.tty ? "resize frames need start.tty" : undefined;
}

function badFrame(description: string): Error {
  return refuse("BAD_REQUEST", `the stream breaks the contract: ${description}`, {
    violations: [{ field: "frame", description }],
  });
}
