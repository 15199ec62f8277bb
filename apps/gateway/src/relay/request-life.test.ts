import { listTransitions, renderTransitions } from '@fairlead/kit';
import { expect, it } from 'vitest';

import { requestMachine } from './request-table.ts';

const rows = listTransitions(requestMachine);

it('A request does in each phase what its table says', async () => {
  await expect(renderTransitions(requestMachine)).toMatchFileSnapshot('request.table.md');
});

it('A client that leaves, in any phase, ends the work of the instance', () => {
  const left = rows.filter(({ event, state }) => event === 'client.left' && !state.startsWith('settled'));
  expect(left).toHaveLength(9);
  for (const { effects } of left) expect(effects).toEqual(['dropUpstream', 'dropClient']);
});

it('Nothing but an error event follows the first byte of an answer that fails, and it is never sent again', () => {
  const ends = rows.filter(({ state, next }) => state === 'streaming' && next.startsWith('settled'));
  for (const { effects, next } of ends)
    expect(effects.at(-1)).toBe(
      { 'settled (completed)': 'finish', 'settled (client_left)': 'dropClient' }[next] ?? 'breakOff',
    );
});

it('A settled request stays as it is', () => {
  for (const { state, next, effects } of rows.filter((row) => row.state.startsWith('settled')))
    expect({ next, effects }).toEqual({ next: state, effects: [] });
});
