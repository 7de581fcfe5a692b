/** The known word that somebody may have meant. */

/** Two letters changed places, or about half of a longer word's. */
const farthest = (word: string): number => Math.min(3, Math.max(2, word.length / 2), word.length - 1);

/** `; did you mean X?`, or nothing where no known word is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const [best] = known
    .map((each) => ({ each, far: distance(word, each) }))
    .filter(({ far, each }) => far <= farthest(each))
    .sort((one, two) => one.far - two.far);
  return best === undefined ? "" : `; did you mean ${best.each}?`;
}

/** Letters to change, add or leave out between two words. */
function distance(one: string, two: string): number {
  let above = Array.from({ length: two.length + 1 }, (_, at) => at);
  for (let row = 1; row <= one.length; row += 1) {
    const line = [row];
    for (let at = 1; at <= two.length; at += 1) {
      const change = (above[at - 1] ?? 0) + (one[row - 1] === two[at - 1] ? 0 : 1);
      line.push(Math.min(change, (above[at] ?? 0) + 1, (line[at - 1] ?? 0) + 1));
    }
    above = line;
  }
  return above[two.length] ?? 0;
}
