// Reads `rocm-smi --json`. Pure. Passes over what it cannot read: keys and spellings differ between versions.

import { defined } from '@fairlead/kit';
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

/** Undefined if it is no report. Lines before the JSON, such as warnings, are passed over. */
export function parseRocmReport(text: string): { gpus: GpuFacts[]; processes: GpuProcess[] } | undefined {
  const read = jsonIn(text);
  if (!isMapping(read)) return undefined;
  const { system = {}, ...cards } = read;
  return { gpus: Object.entries(cards).flatMap(readCard), processes: fieldsOf(system).flatMap(readProcess) };
}

function readCard([key, card]: [string, unknown]): GpuFacts[] {
  const index = /^card(\d+)$/.exec(key)?.[1];
  if (index === undefined) return [];
  const fields = fieldsOf(card);
  const field = (pattern: RegExp) => fields.find(([name]) => pattern.test(name))?.[1];
  const bytes = (pattern: RegExp) => {
    const text = field(pattern);
    return text !== undefined && /^\d+$/.test(text) ? Math.round(Number(text) / mib) : undefined;
  };
  const memory = { totalMib: bytes(/^VRAM Total Memory/i), usedMib: bytes(/^VRAM Total Used Memory/i) };
  const name = field(/^Card series$/i) ?? field(/^Card model$/i) ?? 'an AMD GPU';
  return [{ index: Number(index), uuid: field(/^Unique ID$/i) ?? '', name, ...defined(memory), faults: [] }];
}

/** `"PID4711": "python3, 1, 34359738368, 0, 0"`: name, number of GPUs, bytes of their memory. */
function readProcess([key, value]: [string, string]): GpuProcess[] {
  const pid = /^PID(\d+)$/.exec(key)?.[1];
  if (pid === undefined) return [];
  const [name = '', , bytes = ''] = value.split(',').map((field) => field.trim());
  const usedMib = /^\d+$/.test(bytes) ? Math.round(Number(bytes) / mib) : undefined;
  return [{ pid: Number(pid), uuid: '', name, ...defined({ usedMib }) }];
}

/** The fields that are text or a number, as text. */
function fieldsOf(value: unknown): Array<[string, string]> {
  if (!isMapping(value)) return [];
  return Object.entries(value).flatMap(([name, field]) =>
    typeof field === 'string' || typeof field === 'number' ? [[name, String(field)] as [string, string]] : [],
  );
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function jsonIn(text: string): unknown {
  const at = text.indexOf('{');
  if (at < 0) return undefined;
  try {
    return JSON.parse(text.slice(at));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
