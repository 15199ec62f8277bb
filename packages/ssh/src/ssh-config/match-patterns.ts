// Matches the patterns of Host and Match lines (ssh_config(5), PATTERNS). Pure.

export function matchPattern(text: string, pattern: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

/** `a,b*,!c`: one pattern without `!` has to match, and no pattern with `!`. */
export function matchPatternList(text: string, list: string): boolean {
  const patterns = list.split(',');
  const isNamed = ({ isNegated }: { isNegated: boolean }) =>
    patterns.some((one) => one.startsWith('!') === isNegated && matchPattern(text, isNegated ? one.slice(1) : one));
  return !isNamed({ isNegated: true }) && isNamed({ isNegated: false });
}

/** The same for host names, without regard to case. */
export function matchHostList(host: string, list: string): boolean {
  return matchPatternList(host.toLowerCase(), list.toLowerCase());
}
