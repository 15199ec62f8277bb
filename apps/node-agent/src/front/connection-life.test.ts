import { listTransitions, renderTransitions } from '@fairlead/kit';
import { describe, expect, test } from 'vitest';
import { connectionMachine } from './connection-table.ts';

const rows = listTransitions(connectionMachine);

describe('stepConnection', () => {
  test('does what the table says, in every state and for every event', async () => {
    await expect(renderTransitions(connectionMachine)).toMatchFileSnapshot('./connection-table.snapshot.md');
  });

  test('leaves neither client nor engine behind: whatever closes drops both', () => {
    const closing = rows.filter(({ from, step }) => from.phase !== 'closed' && step.state.phase === 'closed');
    expect(closing.length).toBeGreaterThan(10);
    for (const { step } of closing) expect(step.effects).toEqual([{ do: 'dropEngine' }, { do: 'dropClient' }]);
  });

  test('closes in every phase when the client fails or the front is cut', () => {
    const ends = rows.filter(({ event }) => event === 'client.failed' || event === 'front.cut');
    for (const { step } of ends) expect(step.state.phase).toBe('closed');
  });

  test('never ends cleanly what an engine left unfinished', () => {
    const [row] = rows.filter(
      ({ event, from }) => event === 'engine.failed' && from.phase === 'relaying' && from.answered && !from.uploading,
    );
    expect(row?.step.effects).not.toContainEqual({ do: 'endClient' });
  });

  test('keeps the first outcome', () => {
    for (const { from, step } of rows) {
      if (from.phase === 'finishing' || from.phase === 'closed')
        expect(step.state).toMatchObject({ outcome: from.outcome });
    }
  });

  test('changes nothing once closed', () => {
    for (const { from, step } of rows) {
      if (from.phase === 'closed') expect(step).toEqual({ state: from, effects: [] });
    }
  });
});
