/** Streams of JSON objects, one a line: events and the progress of pulls. */

export async function* jsonLines<Value>(stream: AsyncIterable<unknown>): AsyncGenerator<Value> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    rest += decoder.decode(chunk as Uint8Array, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") yield JSON.parse(line) as Value;
  }
  if (rest.trim() !== "") yield JSON.parse(rest) as Value;
}
