import { describe, expect, it } from 'vitest';
import { CodedError, errnoOf, errorText, isCodedError } from './coded-error.ts';

describe('CodedError', () => {
  it('holds what it is given, and is not retryable by default', () => {
    const cause = new Error('reset');
    const error = new CodedError('lost', 'cannot go on', { hint: 'Try again.', retryable: true, cause });
    expect(error).toMatchObject({ code: 'lost', message: 'cannot go on', hint: 'Try again.', retryable: true, cause });
    const plain = new CodedError('lost', 'cannot go on');
    expect([plain.retryable, plain.hint, 'cause' in plain]).toEqual([false, undefined, false]);
  });

  it('is told from others, and by its code', () => {
    const error: unknown = new CodedError('lost', 'x');
    expect([isCodedError(error), isCodedError(error, 'lost', 'late'), isCodedError(error, 'late')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(isCodedError(Object.assign(new Error('x'), { code: 'lost' }))).toBe(false);
  });
});

describe('errorText', () => {
  it.each([
    [new Error('it failed'), 'it failed'],
    [Object.assign(new Error(''), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [new TypeError(''), 'TypeError'],
    [new AggregateError([new Error('one'), new Error('two')], 'both'), 'one; two'],
    [new AggregateError([], 'none'), 'none'],
    ['text', 'text'],
    [undefined, 'undefined'],
  ])('of %s is %j', (error, text) => expect(errorText(error)).toBe(text));
});

it('errnoOf gives a code that is text, and nothing else', () => {
  expect(errnoOf(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBe('ENOENT');
  for (const thrown of [Object.assign(new Error('x'), { code: 1 }), new Error('x'), null, 'ENOENT', undefined])
    expect(errnoOf(thrown)).toBeUndefined();
});
