// Replaces the section of a hand-written page that is generated from the code: the text between two comments.

/** Throws when the page lacks the two comments. */
export function replaceSection(page: string, name: string, text: string): string {
  const begin = `<!-- ${name}: made by scripts/generate-docs.ts (\`pnpm docs\`). Edit the code, not this section. -->`;
  const end = `<!-- end of ${name} -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`cannot write the section because the page lacks: ${begin} … ${end}`);
  return `${page.slice(0, from)}${begin}\n\n${text}\n\n${page.slice(to)}`;
}
