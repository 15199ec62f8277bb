import { expect, it } from 'vitest';

import { readStamp, writeStamp } from './stamp.ts';

it('A stamp is read as it was written, to the microsecond', () => {
  expect(readStamp(writeStamp(1_795_000_000_123.456))).toBe(1_795_000_000_123.456);
});

it('A text of another program is not a stamp', () => {
  expect(readStamp('the engine does not answer')).toBeUndefined();
  expect(readStamp('said at noon')).toBeUndefined();
});
