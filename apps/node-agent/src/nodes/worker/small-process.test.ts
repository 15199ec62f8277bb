import { execFile } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { collectAll } from './small-process.ts';

it('collectAll frees what nothing holds any more', async () => {
  const freed = new WeakRef(Array.from({ length: 10_000 }, (_, at) => ({ at })));
  await setImmediate();
  collectAll();
  expect(freed.deref()).toBeUndefined();
});

it('compilePlainly leaves a hot function to the interpreter', async () => {
  const hot = `
    const { compilePlainly } = await import(${JSON.stringify(import.meta.resolve('./small-process.ts'))});
    if (process.argv[1] === 'plain') compilePlainly();
    const addHot = (a, b) => a + b;
    for (let at = 0; at < 3e6; at += 1) addHot(at, 1);`;
  const compiled = async (...args: string[]) => {
    const argv = ['--trace-opt', '--input-type=module', '--eval', hot, ...args];
    const { stdout } = await promisify(execFile)(process.execPath, argv, { maxBuffer: 2 ** 24 });
    // Node's own functions may be hot before ours.
    return /completed (?:compiling|optimizing).*<JSFunction addHot\b/.test(stdout);
  };
  expect(await compiled('optimized')).toBe(true);
  expect(await compiled('plain')).toBe(false);
});
