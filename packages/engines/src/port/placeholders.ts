// Fills `{name}` in a configured word with a value that only the node knows. Leaves all other braces unchanged (JSON). Pure.

export function fillPlaceholders(word: string, values: Readonly<Record<string, string>>): string {
  return word.replaceAll(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(values, name) ? values[name]! : whole));
}

export function namesPlaceholder(words: readonly string[], name: string): boolean {
  return words.some((word) => word.includes(`{${name}}`));
}
