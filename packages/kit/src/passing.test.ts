import { defined } from './defined.ts';
import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { systemClock } from './clock.ts';
import { CodedError } from './coded-error.ts';
import { durationOf, retryPassing } from './passing.ts';

function systemError(code: string, errno?: number): Error {
  return Object.assign(new Error(`${code}: it failed`), { code, ...defined({ errno }) });
}

const quick = { clock: systemClock, random: () => 0, limitMs: 60_000 };

describe('durationOf', () => {
  it.each([
    ['EAGAIN', 'passing'],
    ['EMFILE', 'passing'],
    ['EIO', 'passing'],
    ['EACCES', 'doubtful'],
    ['ENOENT', 'lasting'],
  ])('calls %s %s', (code, duration) => {
    expect(durationOf(systemError(code))).toBe(duration);
    expect(durationOf(new CodedError('x', 'cannot', { cause: systemError(code) }))).toBe(duration);
  });

  it('knows a stale handle, for which Node has no name', () => {
    const { ESTALE } = constants.errno;
    expect(durationOf(systemError(`Unknown system error -${ESTALE}`, -ESTALE))).toBe('passing');
  });

  it('calls everything else lasting', () => {
    for (const thrown of [new TypeError('a fault'), 'text', undefined]) expect(durationOf(thrown)).toBe('lasting');
  });
});

describe('retryPassing', () => {
  function failing(times: number, error: Error) {
    let calls = 0;
    return async () => {
      if ((calls += 1) <= times) throw error;
      return calls;
    };
  }

  it('tries again what met a passing condition, and counts', async () => {
    const counted: number[] = [];
    const onRetry = (_error: unknown, tries: number) => counted.push(tries);
    await expect(retryPassing(failing(2, systemError('EIO')), { ...quick, onRetry })).resolves.toBe(3);
    expect(counted).toEqual([1, 2]);
  });

  it('does not try a lasting failure again, nor a doubtful one unless it is asked to', async () => {
    await expect(retryPassing(failing(1, systemError('ENOENT')), quick)).rejects.toThrow('ENOENT');
    await expect(retryPassing(failing(1, systemError('EACCES')), quick)).rejects.toThrow('EACCES');
    const patient = { ...quick, doubtfulLimitMs: 60_000 };
    await expect(retryPassing(failing(1, systemError('EACCES')), patient)).resolves.toBe(2);
  });

  it('gives up with the last failure when the time is over', async () => {
    await expect(retryPassing(failing(1e9, systemError('EMFILE')), { ...quick, limitMs: 100 })).rejects.toThrow(
      'EMFILE',
    );
  });

  it('ends its wait when it is aborted', async () => {
    const over = new AbortController();
    const onRetry = () => over.abort(new Error('enough'));
    const options = { ...quick, signal: over.signal, onRetry, random: () => 0.99 };
    await expect(retryPassing(failing(1e9, systemError('EAGAIN')), options)).rejects.toThrow('enough');
  });
});
