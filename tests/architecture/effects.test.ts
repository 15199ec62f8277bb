import { describe, expect, it } from 'vitest';

import { allowedEffects } from './allowed-effects.ts';
import { findEffects } from './find-effects.ts';
import { houseFiles, houseText } from './house-files.ts';
import { isTestCode } from './judge-import.ts';

/** Shipped sources, without each program's `main.ts`: it is a root, where effects belong. */
const files = houseFiles().filter(
  (file) => /^(apps|packages)\/(?!testkit\/)[^/]+\/src\//.test(file) && !isTestCode(file) && !file.endsWith('/main.ts'),
);

describe('The outside world', () => {
  it('is used only by files with a listed reason', { timeout: 120_000 }, () => {
    expect(files.length).toBeGreaterThan(500);
    const found = files.flatMap((file) => {
      const allowed = allowedEffects[file]?.uses ?? [];
      return [...findEffects(houseText(file))]
        .filter((effect) => !allowed.includes(effect))
        .map((effect) => `${file} reaches for ${effect}: take it from deps`);
    });
    expect(found).toEqual([]);
  });

  it('has no listed reason without a use', { timeout: 120_000 }, () => {
    const stale = Object.entries(allowedEffects).flatMap(([file, { uses, because }]) => {
      const found: ReadonlySet<string> = files.includes(file) ? findEffects(houseText(file)) : new Set();
      return [...uses.filter((effect) => !found.has(effect)), ...(because.length < 10 ? ['because'] : [])].map(
        (effect) => `${file}: ${effect}`,
      );
    });
    expect(stale).toEqual([]);
  });
});

describe('A file reaches for it', () => {
  it.each([
    ['const at = Date.now();', 'Date'],
    ['const at = new Date();', 'Date'],
    ['const at = performance.now();', 'Date'],
    ['export const r = (random = Math.random) => random();', 'random'],
    ['setTimeout(() => undefined, 5);', 'timers'],
    ['const s = AbortSignal.timeout(5);', 'timers'],
    ["import { setTimeout as delay } from 'node:timers/promises';", 'timers'],
    ["import { env } from 'node:process';", 'process'],
    ["export const home = process.env['HOME'];", 'process'],
    ['export const given = { env: process.env };', 'process'],
    ["await fetch('x');", 'fetch'],
    ["console.log('x');", 'console'],
  ])('by %s', (text, effect) => {
    expect([...findEffects(text)]).toEqual([effect]);
  });

  it.each([
    ['export const at = new Date(5);'],
    ['export const at = Date.parse(text);'],
    ['export interface Deps { fetch: (url: string) => void; process: string }'],
    ['export const get = (fetch: () => void) => fetch();'],
    ['export const get = ({ fetch }: { fetch: () => void }) => fetch();'],
    ['export const run = (deps: { process: () => void }) => deps.process();'],
    ['export type Env = typeof process.env;'],
    ["import { setImmediate } from 'node:timers/promises';"],
    ["export const text = 'process.env';"],
    ['// process.exit(1)'],
  ])('but not by %s', (text) => {
    expect([...findEffects(text)]).toEqual([]);
  });
});
