import { CodedError, systemClock } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';

import { type Check, type CheckResult, fail, passed, warn } from './check.ts';
import { countsOf, reportLine } from './report.ts';
import { runLanes } from './run-checks.ts';
import type { Inspection } from './inspection.ts';

async function runAll(lanes: Check[][], signal = new AbortController().signal): Promise<CheckResult[]> {
  const told: CheckResult[] = [];
  const inspection = {} as Inspection;
  await runLanes(lanes, {
    inspection,
    clock: systemClock,
    signal,
    done: new Map(),
    onResult: (result) => told.push(result),
  });
  return told;
}

function check(id: string, run: Check['run'], more: Partial<Check> = {}): Check {
  return { id, title: `the ${id}`, tried: `looked at ${id}`, run, ...more };
}

describe('Checks', () => {
  it('go on when one fails; those that need it are skipped and say why', async () => {
    const results = await runAll([
      [
        check('a', () => fail('broken', 'mend it')),
        check('b', () => passed('fine'), { needs: ['a'] }),
        check('c', () => passed('fine'), { needs: ['b'] }),
        check('d', () => warn('so so', 'see'), { needs: ['unknown'] }),
        check('e', () => passed('fine'), { needs: ['d'] }),
      ],
    ]);
    expect(results.map(({ id, status }) => [id, status])).toEqual([
      ['a', 'fail'],
      ['b', 'skipped'],
      ['c', 'skipped'],
      ['d', 'warn'],
      ['e', 'ok'],
    ]);
    expect(results[1]?.found).toContain('the a');
    expect(results.map(({ lacks }) => lacks)).toEqual([undefined, 'a', 'b', undefined, undefined]);
    expect(countsOf(results)).toEqual({ ok: 1, warn: 1, fail: 1, skipped: 2 });
  });

  it('are told in the order of the lists, whichever lane is faster', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const slow = check('slow', async () => {
      await promise;
      return passed('');
    });
    const fast = check('fast', () => {
      resolve();
      return passed('');
    });
    expect((await runAll([[slow], [fast]])).map(({ id }) => id)).toEqual(['slow', 'fast']);
  });

  it('that throw have found what they threw, with its hint, else the cure of the check', async () => {
    const [hinted, plain] = await runAll([
      [
        check('a', () => {
          throw new CodedError('x', 'cannot', { hint: 'do this' });
        }),
        check('b', () => Promise.reject(new Error('odd')), { cure: 'run init' }),
      ],
    ]);
    expect(hinted).toMatchObject({ status: 'fail', tried: 'looked at a', found: 'cannot', todo: 'do this' });
    expect(plain).toMatchObject({ status: 'fail', found: 'odd', todo: 'run init' });
  });

  it('that never end are given up, and the next one runs', async () => {
    const [hanging, next] = await runAll([
      [check('a', () => new Promise(() => undefined), { limitMs: 20 }), check('b', () => passed('fine'))],
    ]);
    expect(hanging).toMatchObject({ status: 'fail', found: expect.stringContaining('0.02 s') as unknown });
    expect(next?.status).toBe('ok');
  });

  it.each([
    ['that wait for ever', () => new Promise<never>(() => undefined)],
    ['that take it for a finding', () => passed('no ssh program: aborted')],
  ])('%s end with the interrupt', async (_which, goOn) => {
    const interrupt = new AbortController();
    const waiting = check('a', () => {
      interrupt.abort(new CodedError('interrupted', 'interrupted'));
      return goOn();
    });
    await expect(runAll([[waiting]], interrupt.signal)).rejects.toMatchObject({ code: 'interrupted' });
  });
});

it('A report has one line where all is well, and else what was tried, found and is to be done', () => {
  const plain = (_format: string, text: string) => text;
  const good = { id: 'a', title: 'A', tried: 't', status: 'ok', found: 'f' } as const;
  expect(reportLine(good, plain)).toBe('ok    A: f');
  expect(reportLine({ ...good, status: 'fail', todo: 'first\nthen' }, plain)).toBe(
    'FAIL  A\n        tried  t\n        found  f\n        do     first\n               then',
  );
});
