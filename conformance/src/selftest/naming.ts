/** Rules for variants: opaque names at their longest, and CreatePod that answers once the pod runs. */
import { randomBytes } from "node:crypto";
import { PodStage } from "@outboard/contract";
import { pause } from "../suite/pause.js";
import { both } from "./frames.js";
import { answers, type Message, requests, type Rule } from "./rule.js";

const SESSION_LENGTH = 128;
const CURSOR_BYTES = 1_024;
const POLLS = 40;
const POLL_MS = 25;

/** Session ids and cursors of the greatest length; what they stand for is kept here. */
export function longNames(): Rule {
  const sessions = new Map<string, string>();
  const cursors = new Map<string, Uint8Array>();
  const hello = answers("handshake", (answer) => {
    const long = randomBytes(SESSION_LENGTH).toString("base64").slice(0, SESSION_LENGTH);
    sessions.set(long, answer.sessionId);
    return { ...answer, sessionId: long };
  });
  const calls: Rule = (input, passing) => passing.next(input, sessions.get(passing.session) ?? passing.session);
  const chunks = answers("logs", (answer) => {
    if (answer.frame?.$case !== "chunk" || answer.frame.value.cursor.length === 0) return answer;
    const long = randomBytes(CURSOR_BYTES);
    cursors.set(long.toString("base64"), answer.frame.value.cursor);
    return { frame: { $case: "chunk", value: { ...answer.frame.value, cursor: long } } };
  });
  const resumed = requests("logs", (request) => {
    const cursor = cursors.get(Buffer.from(request.cursor).toString("base64"));
    return cursor === undefined ? request : { ...request, cursor };
  });
  return both(hello, chunks, resumed, calls);
}

/** CreatePod answers when the pod runs, or after a second. */
export function synchronousCreate(): Rule {
  return async function* (input, passing) {
    if (passing.method !== "createPod") {
      yield* passing.next(input);
      return;
    }
    let uid = "";
    const copy = (async function* () {
      for await (const request of input) {
        uid = request.uid;
        yield request as unknown;
      }
    })();
    for await (const answer of passing.next(copy)) {
      for (let poll = 0; poll < POLLS && !(await runs(passing.ask, uid)); poll += 1)
        await pause(POLL_MS, passing.signal);
      yield answer;
    }
  };
}

async function runs(ask: (method: string, request: Message) => AsyncIterable<Message>, uid: string): Promise<boolean> {
  for await (const { pod } of ask("getPod", { uid })) {
    const { stage } = pod;
    return stage === PodStage.STARTED || stage === PodStage.STOPPING || stage === PodStage.ENDED;
  }
  return true;
}
