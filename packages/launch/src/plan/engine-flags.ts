// Reads numbers from the arguments of an engine by their flags, as Python's argparse reads them. Pure.

const shortForms: Readonly<Record<string, string>> = {
  '-tp': '--tensor-parallel-size',
  '-pp': '--pipeline-parallel-size',
  '-dp': '--data-parallel-size',
  '-ep': '--enable-expert-parallel',
};

function flagOf(word: string): string {
  const flag = (word.split('=')[0] ?? '').replaceAll('_', '-');
  return shortForms[flag] ?? flag;
}

export function givesFlag(args: readonly string[], flag: string): boolean {
  return args.some((word) => flagOf(word) === flag);
}

/** The last whole number that is given for a flag. `16k` and `1K` are vLLM's own short forms of numbers. */
export function numberOf(args: readonly string[], flag: string): number | undefined {
  const at = args.findLastIndex((word) => flagOf(word) === flag);
  const word = args[at];
  if (word === undefined) return undefined;
  const text = word.includes('=') ? word.slice(word.indexOf('=') + 1) : (args[at + 1] ?? '');
  const [, digits, unit = ''] = /^(\d+)([kKmM]?)$/.exec(text) ?? [];
  const factor = { '': 1, k: 1000, K: 1024, m: 1_000_000, M: 1_048_576 }[unit] ?? 1;
  return digits === undefined ? undefined : Number(digits) * factor;
}
