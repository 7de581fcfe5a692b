/** Cuts a stream of chunks into lines without decoding them. A line over the limit is an error: what follows has no meaning. */

/** What came cannot be read as an event; something may have been missed. */
export class UnreadableLine extends Error {
  override readonly name = "UnreadableLine";
}

/** Lines without their newline. A last piece without newline is a broken line and is dropped. */
export async function* splitLines(
  chunks: AsyncIterable<Buffer>,
  limitBytes: number,
  onBytes: () => void,
): AsyncGenerator<Buffer, void, undefined> {
  let rest: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    onBytes();
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const piece = chunk.subarray(start, end);
      const line = size === 0 ? piece : Buffer.concat([...rest, piece]);
      rest = [];
      size = 0;
      start = end + 1;
      checkSize(line.length, limitBytes);
      if (line.length > 0) {
        yield line;
      }
    }
    if (start < chunk.length) {
      rest.push(chunk.subarray(start));
      size += chunk.length - start;
      checkSize(size, limitBytes);
    }
  }
}

function checkSize(size: number, limitBytes: number): void {
  if (size > limitBytes) {
    throw new UnreadableLine(`a line of the watch is longer than ${limitBytes} bytes`);
  }
}
