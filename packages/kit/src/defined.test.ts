import { expect, expectTypeOf, it } from 'vitest';
import { defined } from './defined.ts';

it('defined keeps every value but undefined', () => {
  const given: { text: string; none?: number; absent: string | undefined } = { text: '', absent: undefined };
  expect(Object.keys(defined(given))).toEqual(['text']);
  expect(defined({ zero: 0, no: false, empty: null, absent: undefined })).toStrictEqual({
    zero: 0,
    no: false,
    empty: null,
  });
});

it('defined makes what may be undefined optional, and leaves the rest required', () => {
  const given = { text: 'a', count: undefined as number | undefined };
  expectTypeOf(defined(given)).branded.toEqualTypeOf<{ text: string; count?: number }>();
});
