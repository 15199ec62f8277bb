import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRecorded } from '../testing/recorded-answer.ts';
import { type AdapterAnswer, Adapters } from './adapters.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adapters-'));
  for (const rank of [8, 64]) {
    await mkdir(join(folder, `r${rank}`));
    await writeFile(join(folder, `r${rank}`, 'adapter_config.json'), JSON.stringify({ r: rank }));
  }
});
afterAll(() => rm(folder, { recursive: true }));

const open = (enabled = true) => new Adapters({ baseNames: ['tiny'], enabled, maxRank: 8, initial: [] });
const path = (name: string) => join(folder, name);
const bodyOf = (answer: AdapterAnswer) => (answer.ok ? answer.text : JSON.stringify(answer.error.body));

test('Adapters: load, load again, load in place and unload answer as recorded', async () => {
  const adapters = open();
  const fields = { lora_name: 'ad1', lora_path: path('r8') };
  expect(bodyOf(await adapters.load(fields))).toBe(readRecorded('lora-load').body);
  expect(bodyOf(await adapters.load(fields))).toBe(readRecorded('lora-load-again').body);
  expect(bodyOf(await adapters.load({ ...fields, load_inplace: true }))).toBe(readRecorded('lora-load-inplace').body);
  expect(adapters.all).toEqual([{ name: 'ad1', path: path('r8') }]);
  expect(bodyOf(adapters.unload({ lora_name: 'ad1' }))).toBe(readRecorded('lora-unload').body);
  expect(adapters.all).toEqual([]);
});

test('Adapters: one of too high a rank is refused, and not listed', async () => {
  const adapters = open();
  const answer = await adapters.load({ lora_name: 'ad64', lora_path: path('r64') });
  expect(answer).toMatchObject({ ok: false, error: { status: 500 } });
  expect(bodyOf(answer)).toBe(readRecorded('lora-load-rank-too-big').body);
  expect(adapters.all).toEqual([]);
});

test('Adapters: without --enable-lora none is loaded', async () => {
  expect(await open(false).load({ lora_name: 'ad1', lora_path: path('r8') })).toMatchObject({ ok: false });
});
