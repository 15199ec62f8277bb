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

/** The first bracket varies slowest, as in Slurm. */
function expandPart(part: string): string[] | undefined {
  const match = /^([^[\]]*)\[([^[\]]*)\](.*)$/.exec(part);
  if (!match) return /[[\]\s]/.test(part) ? undefined : [part];
  const [, before = '', ranges = '', after = ''] = match;
  const middles = expandRanges(ranges);
  const ends = after === '' ? [''] : expandPart(after);
  if (!middles || !ends || middles.length * ends.length > maxHosts) return undefined;
  return middles.flatMap((middle) => ends.map((end) => `${before}${middle}${end}`));
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
