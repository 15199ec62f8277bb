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

it.each([
  ['config_invalid', 2],
  ['profile_missing', 2],
  ['ssh_config_invalid', 2],
  ['deployment_unknown', 3],
  ['auth_failed', 4],
  ['control_unreachable', 4],
  ['no_route', 4],
  ['command_not_executable', 126],
  ['command_not_found', 127],
  ['engine_busy', 1],
  ['of_another_program', 1],
  ['constructor', 1],
])('A failure with the code %s ends with %i', (code, exitCode) => {
  expect(explainFailure(new CodedError(code, 'x'), going, false).exitCode).toBe(exitCode);
});
