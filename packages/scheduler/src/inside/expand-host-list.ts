// Slurm's host lists (scontrol(1), "show hostnames") between their short form and the names. Pure.

/** A job has fewer hosts; a list that names more is refused. */
const maxHosts = 10_000;

/** The names in their order: `node[01-03,7],gpu[1-2]-ib[0-1]`. Undefined for text that is no host list. */
export function expandHostList(text: string): string[] | undefined {
  const parts = splitOutsideBrackets(text.trim());
  if (!parts) return undefined;
  const names: string[] = [];
  for (const part of parts) {
    const found = expandPart(part);
    if (!found || names.length + found.length > maxHosts) return undefined;
    names.push(...found);
  }
  return names;
}

function splitOutsideBrackets(text: string): string[] | undefined {
  const parts = [''];
  let depth = 0;
  for (const char of text) {
    if (char === '[') depth += 1;
    if (char === ']') depth -= 1;
    if (depth < 0 || depth > 1) return undefined;
    if (char === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += char;
  }
  return depth === 0 && parts.every((part) => part !== '') ? parts : undefined;
}

/**
 * In the order of Slurm, which is that of the ranks: the last bracket varies fastest; of the others the first does
 * (`scontrol show hostnames`, Slurm 22.05).
 */
function expandPart(part: string): string[] | undefined {
  const after = part.slice(part.lastIndexOf(']') + 1);
  const pieces = [...part.matchAll(/([^[\]]*)\[([^[\]]*)\]/g)];
  if (/[[\]\s]/.test(after)) return undefined;
  let names = [''];
  for (const [at, [, before = '', ranges = '']] of pieces.entries()) {
    const numbers = expandRanges(ranges);
    if (!numbers || /\s/.test(before) || names.length * numbers.length > maxHosts) return undefined;
    const isLast = at === pieces.length - 1;
    names = isLast
      ? names.flatMap((name) => numbers.map((number) => `${name}${before}${number}`))
      : numbers.flatMap((number) => names.map((name) => `${name}${before}${number}`));
  }
  return names.map((name) => `${name}${after}`);
}

function expandRanges(text: string): string[] | undefined {
  const numbers: string[] = [];
  for (const range of text.split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(range);
    if (!match) return undefined;
    const [, first = '', last = first] = match;
    const [from, to] = [Number(first), Number(last)];
    if (to < from || to - from >= maxHosts) return undefined;
    for (let at = from; at <= to; at += 1) numbers.push(String(at).padStart(first.length, '0'));
  }
  return numbers;
}
