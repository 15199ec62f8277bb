// POSIX shell quoting: the one way a value gets into a shell line.

/** One word for a POSIX shell, whatever it holds. Throws on NUL, which no argv can carry. */
export function shellQuote(word: string): string {
  if (word.includes('\0')) throw new TypeError('cannot quote a word for the shell because it contains a NUL byte');
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

export function shellJoin(argv: readonly string[]): string {
  return argv.map(shellQuote).join(' ');
}
