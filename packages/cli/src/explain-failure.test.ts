import { CodedError } from '@fairlead/kit';
import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';

import { explainFailure } from './explain-failure.ts';

const going = new AbortController().signal;
const interrupted = AbortSignal.abort(new Error('SIGINT'));

describe('What a failure ends with', () => {
  it.each([
    ['an interrupt', new Error('aborted'), interrupted, 130, { code: 'interrupted', isKnown: true }],
    [
      'an interrupt that leaves something',
      new CodedError('interrupted_with_remains', 'left: x'),
      interrupted,
      130,
      { code: 'interrupted_with_remains', message: 'left: x' },
    ],
    ['a no', new CodedError('interrupted', 'nothing was removed'), going, 130, { message: 'nothing was removed' }],
    [
      'wrong usage',
      new CommanderError(1, 'commander.unknownOption', "error: unknown option '--x'"),
      going,
      2,
      { code: 'usage', message: "unknown option '--x'", isKnown: true },
    ],
    ['help', new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)'), going, 0, undefined],
    [
      'what was not foreseen',
      new TypeError('x is undefined'),
      going,
      1,
      { code: 'internal', message: 'x is undefined' },
    ],
  ])('is known for %s', (_what, error, signal, exitCode, say) => {
    const failure = explainFailure(error, signal, false);
    expect(failure.exitCode).toBe(exitCode);
    if (say === undefined) expect(failure.say).toBeUndefined();
    else expect(failure.say).toMatchObject(say);
    expect(failure.say?.message ?? '').not.toMatch(/\n {4}at /);
  });
});
