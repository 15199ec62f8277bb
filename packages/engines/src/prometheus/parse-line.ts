// Reads one line of Prometheus's text format (version 0.0.4). Pure. A line that is not of the format is `undefined`.

export type PrometheusLine =
  | { kind: 'empty' }
  /** `# HELP`, `# TYPE`, or a comment, whose name is empty. */
  | { kind: 'comment'; name: string }
  | { kind: 'sample'; sample: Sample; labels: readonly RawLabel[]; end: string };

export interface Sample {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** As it is in the text: the value with its escapes, without its quotes. */
export interface RawLabel {
  name: string;
  value: string;
}

/** A longer line is not read. vLLM's longest have 2,000 characters. */
const maxLineLength = 16 * 1024;

/** A terminal would obey some of them. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const controlCharacter = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/;

const namePattern = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const labelPattern = /[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*(,?)/y;
const valuePattern = /^[ \t]*([^ \t]+)(?:[ \t]+(-?\d+))?[ \t]*$/;
const commentPattern = /^#[ \t]+(?:HELP|TYPE)[ \t]+([a-zA-Z_:][a-zA-Z0-9_:]*)(?:[ \t]|$)/;

export function parsePrometheusLine(given: string): PrometheusLine | undefined {
  if (given.length > maxLineLength) return undefined;
  const line = given.trimEnd();
  if (line === '') return { kind: 'empty' };
  if (controlCharacter.test(line)) return undefined;
  if (line.startsWith('#')) return { kind: 'comment', name: commentPattern.exec(line)?.[1] ?? '' };
  namePattern.lastIndex = 0;
  const name = namePattern.exec(line)?.[0];
  if (name === undefined) return undefined;
  const read = readLabels(line, name.length);
  const value = read && valuePattern.exec(line.slice(read.end));
  if (!value) return undefined;
  const number = parseValue(value[1] ?? '');
  if (number === undefined) return undefined;
  const labels = Object.fromEntries(read.labels.map((label) => [label.name, unescape(label.value)]));
  return { kind: 'sample', sample: { name, labels, value: number }, labels: read.labels, end: value[0].trim() };
}

/** Every sample of a text; lines that cannot be read are left out. */
export function parseSamples(text: string): Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    const read = parsePrometheusLine(line);
    if (read?.kind === 'sample') samples.push(read.sample);
  }
  return samples;
}

function readLabels(line: string, from: number): { labels: RawLabel[]; end: number } | undefined {
  const labels: RawLabel[] = [];
  if (line[from] !== '{') return { labels, end: from };
  let at = from + 1;
  for (let isMore = true; isMore;) {
    labelPattern.lastIndex = at;
    const match = labelPattern.exec(line);
    if (!match) break;
    labels.push({ name: match[1] ?? '', value: match[2] ?? '' });
    at = labelPattern.lastIndex;
    isMore = match[3] === ',';
  }
  return line[at] === '}' ? { labels, end: at + 1 } : undefined;
}

function parseValue(text: string): number | undefined {
  if (/^[+-]?inf$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  const value = Number(text);
  return Number.isNaN(value) ? undefined : value;
}

function unescape(value: string): string {
  return value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
}
