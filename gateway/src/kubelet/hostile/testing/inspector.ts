/** The inspector of a Node.js process of ours: its memory after a full collection of garbage. */
import { once } from "node:events";
import { WebSocket } from "ws";

/** Bytes that are in use once nothing is left to collect. */
export interface LiveMemory {
  readonly heap: number;
  /** Buffers and other memory outside of the heap. */
  readonly outside: number;
}

/** A connection to the inspector. */
export interface Inspector extends Disposable {
  liveMemory(): Promise<LiveMemory>;
}

interface Answer {
  readonly id?: number;
  readonly result?: { readonly result?: { readonly value?: string } };
}

/** Connects to the address that the process has written: ws://127.0.0.1:PORT/ID. */
export async function connectInspector(url: string): Promise<Inspector> {
  const socket = new WebSocket(url);
  await once(socket, "open");
  const waiting = new Map<number, (answer: Answer) => void>();
  socket.on("message", (message: Buffer) => {
    const answer = JSON.parse(message.toString()) as Answer;
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
  });
  let last = 0;
  const call = (method: string, params: object = {}): Promise<Answer> =>
    new Promise((resolve) => {
      last += 1;
      waiting.set(last, resolve);
      socket.send(JSON.stringify({ id: last, method, params }));
    });
  return {
    async liveMemory() {
      // Finalizers run between two collections.
      for (let round = 0; round < 3; round++) await call("HeapProfiler.collectGarbage");
      const { result } = await call("Runtime.evaluate", { expression: "JSON.stringify(process.memoryUsage())" });
      const usage = JSON.parse(result?.result?.value ?? "{}") as NodeJS.MemoryUsage;
      return { heap: usage.heapUsed, outside: usage.external };
    },
    [Symbol.dispose]: () => socket.terminate(),
  };
}
