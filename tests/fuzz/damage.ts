// Damages a sample by a list of edits, so that a failing case shrinks to the edits that matter.

import fc from 'fast-check';

type Edit =
  | { kind: 'flip'; at: number; byte: number }
  | { kind: 'cut'; at: number; length: number }
  | { kind: 'repeat'; at: number; length: number; times: number }
  | { kind: 'insert'; at: number; text: string };

/** Positions are fractions of the length, so that they fit a sample of any length. */
const place = fc.double({ min: 0, max: 1, noNaN: true });
const nasty = [
  '\0',
  '\r',
  '\n',
  '\r\n',
  '\t',
  ' ',
  '"',
  "'",
  '\\',
  '|',
  '{',
  '}',
  '[',
  ']',
  '=',
  ':',
  ',',
  '%',
  '$(id)',
  '../',
  '__proto__',
  'constructor',
  'null',
  'true',
  '-1',
  '0',
  '1e999',
  '9007199254740993',
  'NaN',
  '\uFEFF',
  'é',
  '\u202E',
  '😀',
  '\uFFFD',
  '(null)',
  'Unknown',
  'N/A',
  'UNLIMITED',
  'x'.repeat(5000),
  '9'.repeat(400),
  '{"a":'.repeat(200),
  '['.repeat(3000),
];

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: place, byte: fc.nat(255) }),
  fc.record({ kind: fc.constant('cut' as const), at: place, length: fc.nat(40) }),
  fc.record({ kind: fc.constant('repeat' as const), at: place, length: fc.nat(60), times: fc.nat(30) }),
  fc.record({ kind: fc.constant('insert' as const), at: place, text: fc.constantFrom(...nasty) }),
  fc.record({ kind: fc.constant('insert' as const), at: place, text: fc.string({ unit: 'binary', maxLength: 12 }) }),
);

/** Most inputs are close to a sample; some are random bytes. */
export function damaged(samples: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const near = fc
    .tuple(fc.constantFrom(...samples), fc.array(edit, { maxLength: 6 }))
    .map(([sample, edits]) => edits.reduce(applyEdit, sample));
  const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  return fc.oneof({ weight: 19, arbitrary: near }, { weight: 1, arbitrary: noise });
}

function applyEdit(bytes: Buffer, change: Edit): Buffer {
  const at = Math.floor(change.at * bytes.length);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (change.kind) {
    case 'flip':
      return Buffer.concat([before, Buffer.from([change.byte]), after.subarray(1)]);
    case 'cut':
      return Buffer.concat([before, after.subarray(change.length)]);
    case 'repeat':
      return Buffer.concat([before, ...Array<Buffer>(change.times).fill(after.subarray(0, change.length)), after]);
    case 'insert':
      return Buffer.concat([before, Buffer.from(change.text), after]);
  }
}
