// One `#SBATCH` line between text and words. sbatch has a tokenizer of its own (src/sbatch/opt.c, _get_argument):
// a backslash escapes everywhere, single quotes included, and an unescaped # starts a comment even within quotes.

import { schedulerError } from '../scheduler-error.ts';

/** An option with its value; an empty value makes a bare flag. */
export interface Directive {
  name: string;
  value: string;
}

export function formatDirective({ name, value }: Directive): string {
  return value === '' ? `#SBATCH --${name}` : `#SBATCH --${name}=${quoteDirectiveValue(value)}`;
}

/** Quoted so that sbatch's tokenizer gives the value back unchanged (tried on Slurm 22.05 with spaces, quotes and #). */
export function quoteDirectiveValue(value: string): string {
  if (/^[A-Za-z0-9_@%+=:,./[\]()&|*?!-]+$/.test(value)) return value;
  return `"${value.replaceAll(/[\\"'#]/g, (special) => `\\${special}`)}"`;
}

/** The options of every `#SBATCH` line before the script's first command, short forms written out, in order. */
export function parseDirectives(script: string): Directive[] {
  const directives: Directive[] = [];
  for (const line of script.split('\n')) {
    if (line.startsWith('#SBATCH')) directives.push(...directivesOf(splitDirectiveLine(line.slice('#SBATCH'.length))));
    else if (line.trim() !== '' && !line.trimStart().startsWith('#')) break;
  }
  return directives;
}

/** The words of a directive line as sbatch sees them. Throws where sbatch refuses the line. */
export function splitDirectiveLine(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] ?? '';
    if (quote === '' && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === '\\') word = (word ?? '') + (line[(at += 1)] ?? '');
    else if (char === '#') break;
    else if (char === quote) quote = '';
    else if (quote === '' && (char === '"' || char === "'")) {
      quote = char;
      word ??= '';
    } else word = (word ?? '') + char;
  }
  if (quote !== '')
    throw schedulerError('script_invalid', `cannot read "#SBATCH${line}" because a ${quote} is not closed`);
  if (word !== undefined) words.push(word);
  return words;
}

const shortOptions: Record<string, string> = {
  A: 'account',
  C: 'constraint',
  D: 'chdir',
  G: 'gpus',
  J: 'job-name',
  M: 'clusters',
  N: 'nodes',
  c: 'cpus-per-task',
  d: 'dependency',
  e: 'error',
  n: 'ntasks',
  o: 'output',
  p: 'partition',
  q: 'qos',
  t: 'time',
  w: 'nodelist',
  x: 'exclude',
};

function directivesOf(words: readonly string[]): Directive[] {
  const directives: Directive[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const next = words[at + 1];
    const nextIsValue = next !== undefined && !next.startsWith('-');
    const long = /^--([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(word);
    const short = /^-([A-Za-z])(.*)$/s.exec(word);
    const name = long?.[1] ?? shortOptions[short?.[1] ?? ''];
    if (name === undefined) continue;
    const attached = long ? long[2] : short?.[2] || undefined;
    const value = attached ?? (nextIsValue ? next : '');
    if (attached === undefined && nextIsValue) at += 1;
    directives.push({ name, value });
  }
  return directives;
}
