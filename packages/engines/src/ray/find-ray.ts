// Finds the program `ray` in the environment of an engine. Pure.

/** `engine`: the name of the engine's program. Without a place in the command it is looked for in the PATH. */
export function rayBeside(serve: readonly string[], engine: string): string[] {
  const at = serve.findLastIndex((word) => nameOf(word) === engine || isPython(word));
  const word = serve[at];
  if (word === undefined) return ['ray'];
  if (isPython(word)) return [...serve.slice(0, at + 1), '-m', 'ray.scripts.scripts'];
  return [...serve.slice(0, at), `${word.slice(0, -engine.length)}ray`];
}

function isPython(word: string): boolean {
  return /^python[\d.]*$/.test(nameOf(word));
}

function nameOf(word: string): string {
  return word.split('/').at(-1) ?? '';
}
