// Finds the Python that runs an engine, from the engine's command. Pure.

/**
 * `head`: the first lines of the command's program; undefined if it is no file of this node, because the command runs in a container.
 * There the engine's Python lies beside the engine, or is the `python3` of the image. Returns undefined if the command does not tell.
 */
export function pythonCommand(serve: readonly string[], engine: string, head?: string): string[] | undefined {
  const at = serve.findLastIndex((word) => nameOf(word) === engine || isPython(word));
  const word = serve[at];
  if (word === undefined) return undefined;
  if (isPython(word)) return serve.slice(0, at + 1);
  if (at === 0 && head !== undefined) return pythonOf(head);
  const directory = word.slice(0, -engine.length);
  return [...serve.slice(0, at), `${directory}python3`];
}

/** From a script's first line; pip's scripts in a long path are shell that runs Python (`'''exec' /path/python "$0" "$@"`). */
function pythonOf(head: string): string[] | undefined {
  const words =
    /^#![ \t]*([^\n]+)/
      .exec(head)?.[1]
      ?.trim()
      .split(/[ \t]+/) ?? [];
  if (words.some(isPython)) return words;
  const [, wrapped] = /^'''exec' "?([^"\s]+)"? /m.exec(head) ?? [];
  return wrapped !== undefined && isPython(wrapped) ? [wrapped] : undefined;
}

function isPython(word: string): boolean {
  return /^(?:python|pypy)[\d.]*$/.test(nameOf(word));
}

function nameOf(word: string): string {
  return word.split('/').at(-1) ?? '';
}
