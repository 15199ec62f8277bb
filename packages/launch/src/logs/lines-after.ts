// Where a log that was shown from one source goes on in another. Pure.

/** So many equal lines in a row are the same place. */
const maxFound = 20;

/** The lines of `block` that follow what was shown last; all of them where that is not in it. */
export function linesAfter(shown: readonly string[], block: readonly string[]): string[] {
  for (let end = block.length; end > 0; end--) {
    const common = Math.min(maxFound, shown.length, end);
    const isThere = common > 0 && block.slice(end - common, end).every((line, at) => line === shown.at(at - common));
    if (isThere) return block.slice(end);
  }
  return [...block];
}
