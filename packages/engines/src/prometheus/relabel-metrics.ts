// Adds labels to every sample of a Prometheus text from a program that is not ours, within limits. Pure.

import { parsePrometheusLine, type RawLabel } from './parse-line.ts';

export interface Relabelled {
  text: string;
  /** Samples in `text`. */
  samples: number;
  /** Lines that were left out: not of the format, of a reserved name, or over the limit of samples. */
  dropped: number;
}

export interface RelabelOptions {
  labels: Readonly<Record<string, string>>;
  /** Names that begin with it are ours: such lines are left out. */
  reservedPrefix: string;
  maxSamples: number;
}

/** A label of the text that has one of our names becomes `exported_<name>`, as Prometheus itself renames it when it scrapes. */
export function relabelMetrics(text: string, { labels, reservedPrefix, maxSamples }: RelabelOptions): Relabelled {
  const own = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  const lines: string[] = [];
  let samples = 0;
  let dropped = 0;
  for (const line of text.split('\n')) {
    const read = parsePrometheusLine(line);
    if (read?.kind === 'empty') continue;
    const name = read?.kind === 'sample' ? read.sample.name : read?.name;
    if (!read || name === undefined || name.startsWith(reservedPrefix) || samples >= maxSamples) {
      dropped += 1;
      continue;
    }
    if (read.kind === 'comment') {
      if (name !== '') lines.push(line.trimEnd());
      continue;
    }
    samples += 1;
    lines.push(`${name}{${[...own, ...renamed(read.labels, labels)].join(',')}} ${read.end}`);
  }
  return { text: lines.map((line) => `${line}\n`).join(''), samples, dropped };
}

function renamed(given: readonly RawLabel[], labels: Readonly<Record<string, string>>): string[] {
  return given.map(({ name, value }) => `${Object.hasOwn(labels, name) ? `exported_${name}` : name}="${value}"`);
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
