// Reads `sinfo -h -o SINFO_FORMAT`: what each partition offers, its nodes of one kind to a line.

import { defined } from '@fairlead/kit';
import { parseSlurmDuration } from '../../script/duration.ts';
import { type GpuKind, parseGres } from './parse-gres.ts';

/** Features last: they are the one field a site writes freely. */
export const sinfoFormat = '%P|%a|%l|%L|%D|%T|%c|%m|%G|%f';

export interface SlurmPartition {
  name: string;
  isDefault: boolean;
  isUp: boolean;
  /** The longest time limit; Infinity where there is none. */
  maxMinutes?: number;
  /** The limit of jobs that ask for none. */
  defaultMinutes?: number;
  nodes: number;
  /** Nodes that take jobs, now or when others end. */
  usableNodes: number;
  /** Each type once, with the most that one node has. */
  gpus: GpuKind[];
  maxCpus: number;
  maxMemoryMb: number;
  features: string[];
}

/** States, without their flags, in which a node starts no job: `down*`, `drained`, … */
const unusable = /^(down|drain|fail|error|inval|unknown|maint|future|power(ed|ing)_down|reboot)/i;

export function parseSinfo(stdout: string): SlurmPartition[] {
  const partitions = new Map<string, SlurmPartition>();
  for (const line of stdout.split('\n')) {
    const [name = '', ...fields] = line.trim().split('|');
    if (fields.length < 8) continue;
    const plain = name.replace(/\*$/, '');
    const before = partitions.get(plain) ?? emptyPartition(plain, name.endsWith('*'));
    partitions.set(plain, addNodes(before, fields));
  }
  return [...partitions.values()];
}

function emptyPartition(name: string, isDefault: boolean): SlurmPartition {
  return {
    name,
    isDefault,
    isUp: false,
    nodes: 0,
    usableNodes: 0,
    gpus: [],
    maxCpus: 0,
    maxMemoryMb: 0,
    features: [],
  };
}

function addNodes(partition: SlurmPartition, fields: readonly string[]): SlurmPartition {
  const [avail = '', max = '', standard = '', count = '', state = '', cpus = '', memory = '', gres = ''] = fields;
  const features = fields.slice(8).join('|');
  const maxMinutes = parseSlurmDuration(max);
  const defaultMinutes = parseSlurmDuration(standard);
  const nodes = Number.parseInt(count, 10) || 0;
  return {
    ...partition,
    isUp: avail === 'up',
    ...defined({ maxMinutes, defaultMinutes }),
    nodes: partition.nodes + nodes,
    usableNodes: partition.usableNodes + (unusable.test(state) ? 0 : nodes),
    gpus: mergeGpus(partition.gpus, parseGres(gres)),
    // `8+` where nodes of several sizes share a line.
    maxCpus: Math.max(partition.maxCpus, Number.parseInt(cpus, 10) || 0),
    maxMemoryMb: Math.max(partition.maxMemoryMb, Number.parseInt(memory, 10) || 0),
    features: [...new Set([...partition.features, ...namesOf(features)])],
  };
}

function mergeGpus(before: readonly GpuKind[], more: readonly GpuKind[]): GpuKind[] {
  const kinds = new Map(before.map((kind) => [kind.type, kind]));
  for (const kind of more) {
    const known = kinds.get(kind.type);
    if (!known || known.perNode < kind.perNode) kinds.set(kind.type, kind);
  }
  return [...kinds.values()];
}

function namesOf(list: string): string[] {
  return list === '(null)' ? [] : list.split(',').filter((name) => name !== '');
}
