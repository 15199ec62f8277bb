// What a job asks of Slurm, and how a site bends it: omitted, overridden, extended. Does not write the script.

import { formatSlurmDuration } from './duration.ts';
import type { Directive } from './directive-line.ts';

export interface SbatchDirectives {
  partition?: string;
  account?: string;
  qos?: string;
  /** Default 1. */
  nodes?: number;
  /** Default 1: one agent a node. */
  ntasksPerNode?: number;
  gpus?: GpuRequest;
  cpusPerTask?: number;
  /** Slurm's form, such as `64G`. */
  mem?: string;
  /** Time limit; the partition's default where it is missing. */
  timeMinutes?: number;
  /** How long before the end Slurm sends USR2 to the batch script, seconds (0 to 65535; may come up to 60 s early). */
  warnSeconds?: number;
  /** Where stderr goes when not where stdout goes; a file name pattern. */
  error?: string;
  /** The site's default where it is missing. */
  requeue?: boolean;
  comment?: string;
  constraint?: string;
  reservation?: string;
  /** `user`, `mcs`: no jobs of others on the nodes; true: no other jobs at all. */
  exclusive?: boolean | 'user' | 'mcs';
  /** At most so many leaf switches, waited for so long; then other nodes do. */
  switches?: { count: number; maxWaitMinutes?: number };
  nodelist?: string;
  exclude?: string;
  dependency?: string;
}

export interface GpuRequest {
  perNode: number;
  /** Slurm's type, such as `a100`. */
  type?: string;
  /** How the site wants them asked for; `none` where whole nodes are given out. Default gres. */
  request?: 'gres' | 'gpus-per-node' | 'none';
}

export interface SiteBend {
  /** Option names this site does not take. Wins over everything but raw lines. */
  omit?: readonly string[];
  /** Option names with the value this site wants; an empty value makes a bare flag. */
  override?: Readonly<Record<string, string>>;
}

/** The options in a fixed order. `fixed` are those that every job of ours has. */
export function listDirectives(fixed: readonly Directive[], wanted: SbatchDirectives): Directive[] {
  const optional: Array<[string, string | number | undefined]> = [
    ['partition', wanted.partition],
    ['account', wanted.account],
    ['qos', wanted.qos],
    ['nodes', wanted.nodes ?? 1],
    ['ntasks-per-node', wanted.ntasksPerNode ?? 1],
    ...gpuOption(wanted.gpus),
    ['cpus-per-task', wanted.cpusPerTask],
    ['mem', wanted.mem],
    ['time', wanted.timeMinutes === undefined ? undefined : formatSlurmDuration(wanted.timeMinutes)],
    ['signal', wanted.warnSeconds === undefined ? undefined : `B:USR2@${wanted.warnSeconds}`],
    ['error', wanted.error],
    ['comment', wanted.comment],
    ['constraint', wanted.constraint],
    ['reservation', wanted.reservation],
    ...exclusiveOption(wanted.exclusive),
    ['switches', wanted.switches && switchesValue(wanted.switches)],
    ['nodelist', wanted.nodelist],
    ['exclude', wanted.exclude],
    ['dependency', wanted.dependency],
  ];
  const directives = [...fixed];
  for (const [name, value] of optional) if (value !== undefined) directives.push({ name, value: String(value) });
  if (wanted.requeue !== undefined) directives.push({ name: wanted.requeue ? 'requeue' : 'no-requeue', value: '' });
  return directives;
}

/** Overrides replace in place, or come after what was asked for. */
export function bendDirectives(directives: readonly Directive[], { omit = [], override = {} }: SiteBend): Directive[] {
  const known = new Set(directives.map(({ name }) => name));
  const replaced = directives.map(({ name, value }) => ({ name, value: override[name] ?? value }));
  const added = Object.entries(override)
    .filter(([name]) => !known.has(name))
    .map(([name, value]) => ({ name, value }));
  return [...replaced, ...added].filter(({ name }) => !omit.includes(name));
}

function exclusiveOption(exclusive: SbatchDirectives['exclusive'] = false): Array<[string, string]> {
  if (exclusive === false) return [];
  return [['exclusive', exclusive === true ? '' : exclusive]];
}

function switchesValue({ count, maxWaitMinutes }: NonNullable<SbatchDirectives['switches']>): string {
  return maxWaitMinutes === undefined ? String(count) : `${count}@${formatSlurmDuration(maxWaitMinutes)}`;
}

function gpuOption(gpus: GpuRequest | undefined): Array<[string, string]> {
  if (!gpus || gpus.perNode === 0) return [];
  const amount = [...(gpus.type === undefined ? [] : [gpus.type]), gpus.perNode].join(':');
  switch (gpus.request ?? 'gres') {
    case 'gres':
      return [['gres', `gpu:${amount}`]];
    case 'gpus-per-node':
      return [['gpus-per-node', amount]];
    case 'none':
      return [];
  }
}
