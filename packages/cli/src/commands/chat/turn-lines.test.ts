import { describe, expect, it } from 'vitest';

import { nextLine, type TurnState } from './turn-lines.ts';

function turnsOf(...lines: string[]): { turns: string[]; mode: TurnState['mode'] } {
  let state: TurnState = { mode: 'empty' };
  const turns: string[] = [];
  for (const line of lines) {
    const next = nextLine(state, line);
    state = next.state;
    if (next.turn !== undefined) turns.push(next.turn);
  }
  return { turns, mode: state.mode };
}

describe('Typed lines', () => {
  it.each([
    ['a line is a turn', ['hi', 'there'], ['hi', 'there']],
    ['a trailing backslash goes on', ['one\\', 'two\\', 'three'], ['one\ntwo\nthree']],
    ['a fence takes all lines as they are', ['"""', 'a \\', '', '/reset', '"""'], ['a \\\n\n/reset']],
    ['a fence may share its lines', ['"""first', 'last"""', 'next'], ['first\nlast', 'next']],
    ['a fence may be one line', ['  """one"""  '], ['one']],
    ['a fence inside a line is text', ['say """ now'], ['say """ now']],
  ])('%s', (_title, lines, turns) => {
    expect(turnsOf(...lines)).toEqual({ turns, mode: 'empty' });
  });

  it.each([
    ['continued', ['a\\']],
    ['quoted', ['"""', 'a']],
  ])('wait for more: %s', (mode, lines) => {
    expect(turnsOf(...lines)).toEqual({ turns: [], mode });
  });
});
