import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';

import { collect, decimalNumber, engineSettings, portNumber, seconds, wholeNumber } from './flag-values.ts';

describe("A flag's value", () => {
  it('is a number where it says so', () => {
    expect([wholeNumber('12'), seconds('0'), portNumber('65535'), decimalNumber('0.7')]).toEqual([12, 0, 65_535, 0.7]);
  });

  it.each([
    [wholeNumber, '-3'],
    [wholeNumber, '1.5'],
    [wholeNumber, ''],
    [seconds, '1e3'],
    [portNumber, '65536'],
    [decimalNumber, '-1'],
    [decimalNumber, 'NaN'],
  ])('is wrong usage for %o of %j', (parse, text) => {
    expect(() => parse(text)).toThrow(InvalidArgumentError);
  });

  it('joins the ones before', () => expect(collect('b', ['a'])).toEqual(['a', 'b']));

  it('of an engine option is a setting of the engine that is named', () => {
    expect(engineSettings('vllm', [])).toEqual([]);
    expect(engineSettings('sim', ['executor=ray', 'dashboard=true'])).toEqual([
      'engines.sim.executor=ray',
      'engines.sim.dashboard=true',
    ]);
  });
});
