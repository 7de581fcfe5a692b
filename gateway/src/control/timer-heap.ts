/** Keys by due time, earliest first: a binary heap. A key may be in it more than once; the owner knows which entry counts. */
export interface TimerHeap {
  push(at: number, key: string): void;
  /** Earliest due time; undefined: empty. */
  peek(): number | undefined;
  pop(): { readonly at: number; readonly key: string } | undefined;
}

/** Creates an empty heap. */
export function createTimerHeap(): TimerHeap {
  const items: { at: number; key: string }[] = [];
  const at = (index: number): number => items[index]?.at ?? Number.POSITIVE_INFINITY;

  function swap(a: number, b: number): void {
    const [left, right] = [items[a], items[b]];
    if (left === undefined || right === undefined) return;
    items[a] = right;
    items[b] = left;
  }

  function sink(): void {
    let index = 0;
    for (;;) {
      const [left, right] = [2 * index + 1, 2 * index + 2];
      const smallest = at(right) < at(left) ? right : left;
      if (at(smallest) >= at(index)) return;
      swap(index, smallest);
      index = smallest;
    }
  }

  return {
    push(dueAt, key) {
      items.push({ at: dueAt, key });
      for (let index = items.length - 1; index > 0; ) {
        const parent = (index - 1) >> 1;
        if (at(parent) <= at(index)) return;
        swap(index, parent);
        index = parent;
      }
    },
    peek: () => items[0]?.at,
    pop() {
      const first = items[0];
      const last = items.pop();
      if (items.length > 0 && last !== undefined) {
        items[0] = last;
        sink();
      }
      return first;
    },
  };
}
