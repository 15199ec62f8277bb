// `{name}` in a configured word stands for what only the node knows. Pure. Braces around anything else mean themselves (JSON).

export function fillPlaceholders(word: string, values: Readonly<Record<string, string>>): string {
  return word.replaceAll(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(values, name) ? values[name]! : whole));
}

export function namesPlaceholder(words: readonly string[], name: string): boolean {
  return words.some((word) => word.includes(`{${name}}`));
}
