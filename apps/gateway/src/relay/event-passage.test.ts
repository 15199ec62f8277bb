import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';

import { EventPassage } from './event-passage.ts';
import { PassageTally } from './passage-tally.ts';

const delta = (content: string) => `data: {"choices":[{"index":0,"delta":{"content":${JSON.stringify(content)}}}]}\n\n`;
const usage = 'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}\n\n';
const done = 'data: [DONE]\n\n';
const stream = [': hi\n\n', delta('é"usage":{'), delta('b'), usage, done];

function pass(pieces: Buffer[], hidesUsage: boolean) {
  const tally = new PassageTally();
  const passage = new EventPassage(tally, hidesUsage);
  const passed = pieces.map((piece) => passage.take(piece));
  return {
    passed,
    tally,
    rest: passage.end(),
    text: Buffer.concat(passed.filter((one) => one !== undefined)).toString(),
  };
}

/** At every place that fast-check thinks of. */
const split = (text: string) =>
  fc.array(fc.nat(Buffer.byteLength(text)), { maxLength: 12 }).map((places) => {
    const bytes = Buffer.from(text);
    const cuts = [0, ...places.toSorted((a, b) => a - b), bytes.length];
    return cuts.slice(1).map((end, at) => bytes.subarray(cuts[at], end));
  });

describe('A stream of events', () => {
  it('passes byte for byte, wherever it was split, and its usage is read', () => {
    fc.assert(
      fc.property(split(stream.join('')), (pieces) => {
        const { text, tally, rest } = pass(pieces, false);
        expect(text).toBe(stream.join(''));
        expect(rest).toBeUndefined();
        expect(tally.generated).toBe(2);
        expect(tally.tokens({ isWhole: true, generates: true, promptEstimate: 1 })).toEqual({
          promptTokens: 9,
          completionTokens: 2,
          cachedTokens: 0,
          estimated: false,
        });
      }),
    );
  });

  it('loses the event of its usage, and nothing else, where the client did not ask for it', () => {
    fc.assert(
      fc.property(split(stream.join('')), (pieces) => {
        expect(pass(pieces, true).text).toBe(stream.filter((event) => event !== usage).join(''));
      }),
    );
  });

  it('keeps usage that stands beside content', () => {
    const both = 'data: {"choices":[{"index":0,"delta":{}}],"usage":{"prompt_tokens":1,"completion_tokens":1}}\n\n';
    expect(pass([Buffer.from(both)], true).text).toBe(both);
  });

  it('goes out in whole events: what is cut within one never reaches the client', () => {
    const bytes = Buffer.from(stream.join(''));
    for (let at = 0; at <= bytes.length; at += 1) {
      const { text } = pass([bytes.subarray(0, at)], false);
      expect(text === '' || text.endsWith('\n\n')).toBe(true);
    }
  });

  it('that was cut is counted by its events, and one without any costs nothing', () => {
    const cut = { isWhole: false, generates: true, promptEstimate: 33 };
    expect(pass([Buffer.from(stream.slice(0, 3).join(''))], true).tally.tokens(cut)).toEqual({
      promptTokens: 33,
      completionTokens: 2,
      cachedTokens: 0,
      estimated: true,
    });
    expect(pass([Buffer.from(stream[0]!)], true).tally.tokens(cut)).toMatchObject({
      promptTokens: 0,
      completionTokens: 0,
    });
  });

  it.each(['data: {"error":{"message":"no"}}\n\n', 'event: error\ndata: {"type":"error"}\n\n'])(
    'with %j has failed',
    (event) => {
      expect(pass([Buffer.from(delta('a') + event)], false).tally.engineError).toBe(true);
    },
  );

  it('with lines that end in CRLF is taken apart too', () => {
    const text = stream.join('').replaceAll('\n', '\r\n');
    const { tally, text: passed } = pass([Buffer.from(text)], false);
    expect(passed).toBe(text);
    expect(tally.generated).toBe(2);
  });

  it('with a large event in many small pieces is put together once', () => {
    const large = `data: ${'x\n'.repeat(400_000)}\n\n`;
    const bytes = Buffer.from(large + done);
    const pieces = Array.from({ length: 2_000 }, (_, at) => bytes.subarray(at * 401, (at + 1) * 401));
    const concat = vi.spyOn(Buffer, 'concat');
    const { passed, rest } = pass(pieces, true);
    const copied = concat.mock.results.reduce((sum, { value }) => sum + (value as Buffer).length, 0);
    concat.mockRestore();
    expect(Buffer.concat([...passed, rest].filter((one) => one !== undefined)).equals(bytes)).toBe(true);
    expect(copied).toBeLessThan(4 * bytes.length);
  });

  it('passes byte for byte in pieces of one byte, also where lines end in CRLF', () => {
    const text = `data: {"a":1}\r\n\r\n${stream.join('')}`.replaceAll('\n\n', '\r\n\r\n');
    const pieces = [...Buffer.from(text)].map((byte) => Buffer.from([byte]));
    const { passed, tally } = pass(pieces, false);
    expect(Buffer.concat(passed.filter((one) => one !== undefined)).toString()).toBe(text);
    expect(tally.tokens({ isWhole: true, generates: true, promptEstimate: 0 })).toMatchObject({ promptTokens: 9 });
  });

  it('with an event of more than a megabyte passes', () => {
    const large = `data: ${'x'.repeat(2_000_000)}\n\n`;
    const bytes = Buffer.from(large + done);
    const pieces = Array.from({ length: 40 }, (_, at) => bytes.subarray(at * 60_000, (at + 1) * 60_000));
    expect(pass(pieces, true).text).toBe(large + done);
  });
});
