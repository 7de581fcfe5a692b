/** Many at a time, not all at once. */

/** Calls `each` with 0 to count - 1, so many at a time. */
export async function crowd(count: number, atOnce: number, each: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await each(next - 1);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}
