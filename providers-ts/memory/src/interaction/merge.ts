/** Two streams as one, in the order of their items; it ends with the first stream. */

/** Yields from both; `main` decides the end. */
export async function* merge<T>(main: AsyncIterable<T>, side: AsyncIterable<T>): AsyncGenerator<T> {
  const [a, b] = [main[Symbol.asyncIterator](), side[Symbol.asyncIterator]()];
  const never = new Promise<never>(() => {});
  const read = async (from: "main" | "side") => ({ from, next: await (from === "main" ? a : b).next() });
  let [first, second]: [Promise<Read<T>>, Promise<Read<T>>] = [read("main"), read("side")];
  second.catch(() => {});
  for (;;) {
    const { from, next } = await Promise.race([first, second]);
    if (from === "main") {
      if (next.done === true) return;
      first = read("main");
    } else {
      second = next.done === true ? never : read("side");
      second.catch(() => {});
    }
    if (next.done !== true) yield next.value;
  }
}

interface Read<T> {
  readonly from: "main" | "side";
  readonly next: IteratorResult<T>;
}
