/** Long lists, made while they are read. */

/** What `make` makes of each item, in order; it can be read once. */
export function* eachOf<Item, Made>(items: Iterable<Item>, make: (item: Item) => Iterable<Made>): Generator<Made> {
  for (const item of items) yield* make(item);
}
