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

export interface FlagGroup {
  /** As `flagOf` returns it; undefined for words before the first flag. */
  flag: string | undefined;
  /** The flag and its values, as they were given. */
  words: string[];
}

/** Each flag with the words up to the next one. */
export function flagGroups(words: readonly string[]): FlagGroup[] {
  const groups: FlagGroup[] = [];
  for (const word of words) {
    const last = groups.at(-1);
    if (/^--?[A-Za-z]/.test(word)) groups.push({ flag: flagOf(word), words: [word] });
    else if (last) last.words.push(word);
    else groups.push({ flag: undefined, words: [word] });
  }
  return groups;
}

/** `words` without these flags and their values. */
export function wordsWithout(words: readonly string[], flags: readonly string[]): string[] {
  return flagGroups(words).flatMap((group) =>
    group.flag !== undefined && flags.includes(group.flag) ? [] : group.words,
  );
}

/** The name of the flag in a word: `--lora_modules=a` → `--lora-modules`, and `--limit-mm-per-prompt.image` → `--limit-mm-per-prompt`. */
function flagOf(word: string): string {
  return (/^[^=.]*/.exec(word)?.[0] ?? '').replaceAll('_', '-');
}
