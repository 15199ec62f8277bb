import { CodedError } from '@fairlead/kit';
import { wireErrors } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';

import { ControlAnswerError } from '../client-error.ts';
import { isPassing } from './is-passing.ts';

const wrongKey = new CodedError('host_key_changed', 'another key');
const cut = new CodedError('connection_lost', 'cut', { retryable: true });

describe('A failure passes by itself', () => {
  it.each([
    ['a lost connection', cut],
    ['a code that nothing here knows, if it says so', new CodedError('of_tomorrow', 'x', { retryable: true })],
    ['a name that is unknown now', new CodedError('dns', 'no address')],
    ['a control that is busy', new ControlAnswerError(503, { code: 'not_ready', message: 'not yet' })],
    ['an error of the system', Object.assign(new Error('reset'), { code: 'ECONNRESET' })],
    [
      'several routes of which one may come back',
      new CodedError('no_route', 'x', { cause: new AggregateError([wrongKey, cut]) }),
    ],
  ])('with %s', (_, error) => {
    expect(isPassing(error)).toBe(true);
  });
});

describe('A failure needs a person', () => {
  it.each([
    ['another host key', wrongKey],
    ['a code that nothing here knows', new CodedError('of_tomorrow', 'x')],
    ['a request that control refuses', new ControlAnswerError(404, { code: 'not_found', message: 'none' })],
    ['a fault of ours', new TypeError('x is undefined')],
    ['several routes that are all wrong', new CodedError('no_route', 'x', { cause: new AggregateError([wrongKey]) })],
  ])('with %s', (_, error) => {
    expect(isPassing(error)).toBe(false);
  });
});

it.each(Object.entries(wireErrors))(
  '%s of control passes by itself exactly when the wire calls it retryable',
  (code, { status, retryable }) => {
    expect(isPassing(new ControlAnswerError(status, { code, message: 'x' }))).toBe(retryable);
  },
);
