import { describe, expect, test } from 'vitest';
import { pickToolCalls, type ToolSituation } from './pick-tool-calls.ts';
import { callsSoFar, createCallCursor, scriptTokens } from './script.ts';

const city = { type: 'object', properties: { city: { type: 'string' } } };
const tools = [
  { name: 'get_weather', parameters: city },
  { name: 'searchFlights', parameters: { type: 'object', properties: {} } },
];

function called(more: Partial<ToolSituation>): string[] | undefined {
  const situation: ToolSituation = {
    tools,
    choice: { kind: 'auto' },
    asked: '',
    answered: false,
    parallel: true,
    ...more,
  };
  const script = pickToolCalls(situation);
  return script.kind === 'calls' ? script.calls.map((call) => `${call.name} ${call.arguments}`) : undefined;
}

describe('pickToolCalls: auto', () => {
  test.each([
    ['What is the weather in Paris?', ['get_weather {"city": "Paris"}']],
    ['Please call get_weather for "New York"', ['get_weather {"city": "New York"}']],
    ['any flights to Rome?', ['searchFlights {}']],
    ['Use get_weather and searchflights. In Oslo.', ['get_weather {"city": "Oslo"}', 'searchFlights {}']],
    ['tell me a story', undefined],
    ['get me a coffee', undefined],
  ])('%s', (asked, calls) => {
    expect(called({ asked })).toEqual(calls);
  });

  test('calls no tool again after its result', () => {
    expect(called({ asked: 'the weather?', answered: true })).toBeUndefined();
  });

  test('calls one tool if the client wants no parallel calls', () => {
    expect(called({ asked: 'get_weather and searchFlights', parallel: false })).toHaveLength(1);
  });
});

test('pickToolCalls: `required` takes the tool that fits, else the first; a name takes that tool; `none` takes no tool', () => {
  expect(called({ choice: { kind: 'required' }, asked: 'flights' })).toEqual(['searchFlights {}']);
  expect(called({ choice: { kind: 'required' }, asked: 'x' })?.[0]).toMatch(/^get_weather \{"city": "\w+"\}$/);
  expect(called({ choice: { kind: 'named', name: 'searchFlights' }, asked: 'weather' })).toEqual(['searchFlights {}']);
  expect(called({ choice: { kind: 'none' }, asked: 'weather' })).toBeUndefined();
});

test('createCallCursor, callsSoFar: assign tokens to several calls, also when a limit cuts them', () => {
  const calls = [
    { name: 'a', arguments: '{"x": 1}' },
    { name: 'b', arguments: '{}' },
  ];
  const tokens = scriptTokens({ kind: 'calls', calls, by: 'auto' }) ?? [];
  const next = createCallCursor(calls);
  const places = tokens.map((text) => ({ ...next(), text }));
  const joined = [0, 1].map((call) =>
    places
      .filter((place) => place.call === call)
      .map(({ text }) => text)
      .join(''),
  );
  expect(joined).toEqual(['{"x": 1}', '{}']);
  expect(places.filter(({ begins }) => begins).map(({ text }) => text)).toEqual(['', '']);
  expect(callsSoFar(calls, tokens.length)).toEqual(calls);
  expect(callsSoFar(calls, 3)).toEqual([{ name: 'a', arguments: '{"' }]);
  expect(callsSoFar(calls, 0)).toEqual([]);
});
