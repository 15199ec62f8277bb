// What the agent notes of its engine in audit.jsonl, for scenarios in which a process of it is frozen.

import { expect } from 'vitest';

import type { Testbed } from '../../index.ts';

interface Noted {
  kind: string;
  message: string;
  at: string;
}

/** The lines of an instance's audit.jsonl since a moment. */
export async function notedSince(testbed: Testbed, instance: string, sinceMs: number): Promise<Noted[]> {
  const { stdout } = await testbed.exec('login', ['cat', `.local/share/fairlead/jobs/${instance}/audit.jsonl`]);
  const lines = stdout.trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Noted).filter(({ at }) => Date.parse(at) >= sinceMs);
}

/** Resolves when the agent has found the engine hung and has saved what it shows: after how long, its words, and the text of the report. */
export async function foundHung(
  testbed: Testbed,
  instance: string,
  frozenMs: number,
): Promise<{ tookMs: number; message: string; report: string }> {
  await expect
    .poll(async () => (await notedSince(testbed, instance, frozenMs)).map(({ kind }) => kind), {
      timeout: 120_000,
      interval: 1000,
    })
    .toContain('engine.reported');
  const noted = await notedSince(testbed, instance, frozenMs);
  const find = (wanted: string) => noted.find(({ kind }) => kind === wanted)!;
  const { at, message } = find('engine.hung');
  const path = /\S+engine-hang-\S+\.txt/.exec(find('engine.reported').message)?.[0];
  const { stdout: report } = await testbed.exec('login', ['cat', path ?? '']);
  return { tookMs: Date.parse(at) - frozenMs, message, report };
}

/** The budget of DESIGN for finding a hang, in milliseconds. */
export const hangLimitMs = 60_000;
