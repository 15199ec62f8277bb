// What `rocm-smi` says of a node's GPUs and of the processes that hold their memory. Pure.

import { defined } from '@fairlead/kit';
import { parseRocmCards, rocmField, type RocmReport, vramTotal, vramUsed } from '@fairlead/scheduler';
import type { GpuFacts, GpuProcess } from './gpu-facts.ts';

export const rocmQuestion = [
  'rocm-smi',
  '--showproductname',
  '--showuniqueid',
  '--showmeminfo',
  'vram',
  '--showpids',
  '--json',
] as const;

const mib = 1024 * 1024;

/** Undefined if it is no report. */
export function parseRocmReport(text: string): { gpus: GpuFacts[]; processes: GpuProcess[] } | undefined {
  const report = parseRocmCards(text);
  return report && { gpus: report.cards.map(readCard), processes: report.system.flatMap(readProcess) };
}

function readCard({ index, fields }: RocmReport['cards'][number]): GpuFacts {
  const field = (pattern: RegExp) => rocmField(fields, pattern);
  const memory = { totalMib: mibOf(field(vramTotal)), usedMib: mibOf(field(vramUsed)) };
  const name = field(/^Card series$/i) ?? field(/^Card model$/i) ?? 'an AMD GPU';
  return { index, uuid: field(/^Unique ID$/i) ?? '', name, ...defined(memory), faults: [] };
}

/** `"PID4711": "python3, 1, 34359738368, 0, 0"`: name, number of GPUs, bytes of their memory. */
function readProcess([key, value]: [string, string]): GpuProcess[] {
  const pid = /^PID(\d+)$/.exec(key)?.[1];
  if (pid === undefined) return [];
  const [name = '', , bytes] = value.split(',').map((field) => field.trim());
  return [{ pid: Number(pid), uuid: '', name, ...defined({ usedMib: mibOf(bytes) }) }];
}

function mibOf(bytes: string | undefined): number | undefined {
  return bytes !== undefined && /^\d+$/.test(bytes) ? Math.round(Number(bytes) / mib) : undefined;
}
