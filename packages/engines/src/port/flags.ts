// Finds flags in an engine's arguments as Python's argparse reads them: `_` for `-`, and the value after `=` or as the next word. Pure.

export function namesFlag(words: readonly string[], flag: string): boolean {
  return words.some((word) => flagOf(word) === flag);
}

/** The value of the last of `flags` in `words`, as argparse takes it; undefined if none of them has one. */
export function valueOfFlag(words: readonly string[], flags: readonly string[]): string | undefined {
  const at = words.findLastIndex((word) => flags.includes(flagOf(word)));
  const word = words[at];
  return word?.includes('=') ? word.slice(word.indexOf('=') + 1) : word && words[at + 1];
}

/** The first flag in `words` that is one of `flags` and has a value. */
export function flagWithValue(words: readonly string[], flags: readonly string[]): string | undefined {
  for (const [at, word] of words.entries()) {
    const flag = flagOf(word);
    if (!flags.includes(flag)) continue;
    const value = word.includes('=') ? word.slice(word.indexOf('=') + 1) : words[at + 1];
    if (value !== undefined && value !== '' && !value.startsWith('--')) return flag;
  }
  return undefined;
}

function flagOf(word: string): string {
  return (word.split('=')[0] ?? '').replaceAll('_', '-');
}
