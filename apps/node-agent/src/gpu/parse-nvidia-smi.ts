// Reads what nvidia-smi prints as CSV without header and units, and its list (-L). Pure. Passes over what it cannot read.

import { defined } from '@fairlead/kit';
import type { GpuFacts, GpuProcess } from './gpu-facts.ts';

const basicFields = ['index', 'uuid', 'name', 'memory.total', 'memory.used'];
/** Not known to every driver. */
const moreFields = [
  'compute_cap',
  'ecc.errors.uncorrected.volatile.total',
  'remapped_rows.pending',
  'retired_pages.pending',
];
const csv = '--format=csv,noheader,nounits';

export const nvidiaQuestions = {
  whole: ['nvidia-smi', `--query-gpu=${[...basicFields, ...moreFields].join(',')}`, csv],
  basic: ['nvidia-smi', `--query-gpu=${basicFields.join(',')}`, csv],
  processes: ['nvidia-smi', '--query-compute-apps=gpu_uuid,pid,used_memory,process_name', csv],
  list: ['nvidia-smi', '-L'],
} as const;

export function parseNvidiaGpus(text: string): GpuFacts[] {
  return rowsOf(text).flatMap((row) => {
    const [index, uuid = '', name = '', total, used, capability, ecc, remapped, retired] = row;
    const at = numberOf(index);
    if (at === undefined) return [];
    const facts = { totalMib: numberOf(total), usedMib: numberOf(used), computeCapability: numberOf(capability) };
    return [{ index: at, uuid, name, ...defined(facts), faults: faultsOf(ecc, remapped, retired) }];
  });
}

export function parseNvidiaProcesses(text: string): GpuProcess[] {
  return rowsOf(text).flatMap(([uuid = '', pidText, used, ...name]) => {
    const pid = numberOf(pidText);
    return pid === undefined ? [] : [{ pid, uuid, name: name.join(', '), ...defined({ usedMib: numberOf(used) }) }];
  });
}

/** `  MIG 3g.20gb  Device  0: (UUID: MIG-…)`, below the line of its GPU. */
export function parseMigSlices(text: string): string[] {
  return [...text.matchAll(/^\s+MIG .{0,200}\(UUID: (MIG-[^)\s]+)\)/gm)].map(([, name = '']) => name);
}

function faultsOf(ecc: string | undefined, remapped: string | undefined, retired: string | undefined): string[] {
  const isPending = [remapped, retired].some((text) => /^(?:yes|[1-9]\d*)$/i.test(text ?? ''));
  const errors = numberOf(ecc) ?? 0;
  if (!isPending) return [];
  return [
    `its memory needs a repair at the next reset${errors > 0 ? `, after ${errors} uncorrected errors (ECC)` : ''}`,
  ];
}

function rowsOf(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => line.split(',').map((field) => field.trim()));
}

/** Undefined for `[N/A]`, `[Not Supported]` and the like. */
function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}
