import { expect, it } from 'vitest';
import { createEventReader } from './event-reader.ts';

const stream =
  ': a comment\n\ndata: {"a":1}\n\nevent: chunk\r\ndata: {"b":\r\ndata: 2}\r\n\r\ndata: [DONE]\n\ndata: {"c":3}\n\n';

it('An event reader gives the same events however the text is cut, and none from [DONE] on', () => {
  for (let at = 0; at <= stream.length; at += 1) {
    const reader = createEventReader();
    const events = [...reader.read(stream.slice(0, at)), ...reader.read(stream.slice(at))];
    expect({ at, events, isDone: reader.isDone }).toEqual({ at, events: ['{"a":1}', '{"b":\n2}'], isDone: true });
  }
});

it('An event reader is not done where the stream ends before [DONE]', () => {
  const reader = createEventReader();
  expect(reader.read('data: {"a":1}\n\ndata: {"b"')).toEqual(['{"a":1}']);
  expect(reader.isDone).toBe(false);
});
