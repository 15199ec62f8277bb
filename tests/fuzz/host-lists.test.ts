// Our reader of Slurm's host lists against Slurm's own, where `scontrol` is on this machine.

import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expandHostList } from '@fairlead/scheduler';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const hasSlurm = spawnSync('scontrol', ['--version']).error === undefined;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fl-hosts-'));
  // It asks no controller for host lists, but wants the name of one.
  await writeFile(join(directory, 'slurm.conf'), 'ClusterName=x\nSlurmctldHost=localhost\n');
});
afterAll(() => rm(directory, { recursive: true }));

async function scontrol(what: 'hostnames' | 'hostlist', text: string): Promise<string> {
  const env = { PATH: process.env['PATH'], SLURM_CONF: join(directory, 'slurm.conf') };
  const { stdout } = await run('scontrol', ['show', what, text], { env, maxBuffer: 2 ** 22 });
  return stdout.trim();
}
const namesOf = async (list: string) => (await scontrol('hostnames', list)).split('\n');

const part = fc.constantFrom('node', 'n', 'gpu-', 'r1c', 'a100x', 'cn.', 'b-01-', 'x');
const number = fc
  .tuple(fc.nat(120), fc.constantFrom(0, 0, 2, 3, 4))
  .map(([value, width]) => String(value).padStart(width, '0'));
/** As names of real sites are: one to three numbers, each with or without leading zeros. */
const hostName = fc.array(fc.tuple(part, number), { minLength: 1, maxLength: 3 }).map((pairs) => pairs.flat().join(''));

const range = fc
  .tuple(fc.nat(120), fc.nat(12), fc.constantFrom(0, 0, 3), fc.boolean())
  .map(([from, more, width, isOne]) => {
    const words = [from, from + more].map((value) => String(value).padStart(width, '0'));
    return isOne ? words[0] : words.join('-');
  });
const bracket = fc.array(range, { minLength: 1, maxLength: 4 }).map((ranges) => `[${ranges.join(',')}]`);
/** Slurm takes nothing after the last bracket of a name. */
const bracketed = fc
  .tuple(fc.array(fc.tuple(part, fc.oneof(number, bracket)), { maxLength: 2 }), part, bracket)
  .map(([pairs, last, ranges]) => [...pairs.flat(), last, ranges].join(''));
/** The same cases in every run. */
const cases = { numRuns: 150, seed: 715827187 };

describe.skipIf(!hasSlurm)('expandHostList, beside the real scontrol (skipped where there is none)', () => {
  it('gives the names of every list that Slurm writes', { timeout: 60_000 }, async () => {
    const lists = fc.array(fc.oneof(hostName, fc.constantFrom('login', 'localhost')), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(lists, async (names) => {
        const list = await scontrol('hostlist', names.join(','));
        expect(expandHostList(list), list).toEqual(await namesOf(list));
        expect(expandHostList(list)?.toSorted(), list).toEqual(names.toSorted());
      }),
      cases,
    );
  });

  it('gives the names of every list that people write', { timeout: 60_000 }, async () => {
    const lists = fc.array(fc.oneof(bracketed, hostName), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(lists, async (words) => {
        const list = words.join(',');
        expect(expandHostList(list), list).toEqual(await namesOf(list));
      }),
      cases,
    );
  });
});
