/** A session that must not notice what happens to others: `cat` in the pod, over WebSocket. */
import { eventually } from "../../../testing/eventually.js";
import { dialWebSocket } from "../../streaming/testing/dial.js";
import type { Target } from "./target.js";

/** The session. */
export interface Witness extends Disposable {
  /** Sends a word and waits until it comes back. @throws when it does not, or the session has ended */
  speak(): Promise<void>;
}

const STDIN = 0;
const STDOUT = 1;
const ERROR = 3;
const WITHIN_MS = 10_000;

/** Opens the session. */
export async function openWitness(target: Target): Promise<Witness> {
  const client = await dialWebSocket(target, "/exec/default/p/c?command=cat&input=1&output=1");
  let words = 0;
  return {
    async speak() {
      words += 1;
      const word = `word ${words}.`;
      client.send(STDIN, word);
      await eventually(() => client.channel(STDOUT).endsWith(word), "the witness is answered", WITHIN_MS).catch(
        (error: unknown) => {
          const end = `closed with ${client.closeCode() ?? "nothing"}, told ${JSON.stringify(client.channel(ERROR))}`;
          throw new Error(`${String(error)}: ${end}`);
        },
      );
    },
    [Symbol.dispose]: () => client.socket.terminate(),
  };
}
