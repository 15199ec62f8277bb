import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { encodeFrame, frameTypes } from './frame.ts';
import { encodeRefused, encodeResume, encodeResumed, isProven, readOpening, readResumeAnswer } from './resume.ts';

const sessionId = Buffer.alloc(32, 7);
const key = 'key of the endpoint';
const rest = Buffer.from('bytes of the session');
const position = fc.nat({ max: Number.MAX_SAFE_INTEGER });

describe('The handshake in which a session goes on', () => {
  it('brings attempt, position and what follows, wherever it is cut', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 32 - 1 }), position, (attempt, heard) => {
        const bytes = Buffer.concat([encodeResume({ sessionId, attempt, heard }, key), rest]);
        for (let length = 0; length < bytes.length - rest.length; length += 1)
          expect(readOpening(bytes.subarray(0, length)).kind).toBe('more');
        const opening = readOpening(bytes);
        if (opening.kind !== 'resume') throw new Error(opening.kind);
        expect(opening).toMatchObject({ request: { sessionId, attempt, heard }, rest });
        expect([isProven(opening.request, key), isProven(opening.request, 'another')]).toEqual([true, false]);
        expect(isProven({ ...opening.request, heard: heard === 0 ? 1 : 0 }, key)).toBe(false);
      }),
      { numRuns: 30 },
    );
  });

  it('is answered with a position or a reason, wherever the answer is cut', () => {
    fc.assert(
      fc.property(position, (heard) => {
        const bytes = Buffer.concat([encodeResumed(heard), rest]);
        for (let length = 0; length < 16; length += 1)
          expect(readResumeAnswer(bytes.subarray(0, length))).toEqual({ kind: 'more' });
        expect(readResumeAnswer(bytes)).toEqual({ kind: 'resumed', heard, rest });
      }),
      { numRuns: 30 },
    );
    for (const refusal of ['unknown', 'stale', 'position', 'full'] as const)
      expect(readResumeAnswer(encodeRefused(refusal))).toEqual({ kind: 'refused', refusal });
    const ofLaterVersion = encodeFrame(frameTypes.refused, Buffer.from([99, 1, 2]));
    expect(readResumeAnswer(ofLaterVersion)).toEqual({ kind: 'refused', refusal: 'unknown' });
  });

  it('takes no other bytes for one, and throws for none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 120 }), fc.constantFrom(0, 10, 11, 12), (bytes, type) => {
        const input = Buffer.from(bytes);
        if (type > 0) input[0] = type;
        expect(['more', 'new', 'resume', 'invalid']).toContain(readOpening(input).kind);
        expect(['more', 'resumed', 'refused', 'invalid']).toContain(readResumeAnswer(input).kind);
      }),
      { numRuns: 300 },
    );
    const tooFar = Buffer.alloc(8, 0xff);
    expect(readResumeAnswer(encodeFrame(frameTypes.resumed, tooFar)).kind).toBe('invalid');
    expect(readResumeAnswer(encodeFrame(frameTypes.refused, Buffer.alloc(0))).kind).toBe('invalid');
  });
});
