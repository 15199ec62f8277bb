// Every state of the paths that are held ready with every event.

import { renderTransitions } from '@fairlead/kit';
import { expect, test } from 'vitest';

import { warmMachine } from './warm-table.ts';

test('warmTransition has this table of every state and event', () => {
  expect(renderTransitions(warmMachine)).toMatchInlineSnapshot(`
    "| state | event | next | effects |
    |---|---|---|---|
    | 1 ready, 1 opening, 2 asked | path.asked | 1 ready, 1 opening, 3 asked | idle.await |
    | 1 ready, 1 opening, 2 asked | path.asked (much later) | 1 ready, 1 opening, 1 asked | idle.await |
    | 1 ready, 1 opening, 2 asked | path.opened | 2 ready, 0 opening, 2 asked | hold |
    | 1 ready, 1 opening, 2 asked | path.failed | 1 ready, 0 opening, 2 asked | |
    | 1 ready, 1 opening, 2 asked | path.gone | 0 ready, 1 opening, 2 asked | |
    | 1 ready, 1 opening, 2 asked | idle.limit_reached | 0 ready, 1 opening, 0 asked | drop |
    | 1 ready, 1 opening, 2 asked | close.ordered | closed | drop |
    | 1 ready, 1 opening, 4 asked | path.asked | 1 ready, 1 opening, 5 asked | idle.await |
    | 1 ready, 1 opening, 4 asked | path.asked (much later) | 1 ready, 1 opening, 1 asked | idle.await |
    | 1 ready, 1 opening, 4 asked | refill.due | 1 ready, 3 opening, 4 asked | open 2 |
    | 1 ready, 1 opening, 4 asked | path.opened | 2 ready, 0 opening, 4 asked | hold |
    | 1 ready, 1 opening, 4 asked | path.failed | 1 ready, 0 opening, 4 asked | |
    | 1 ready, 1 opening, 4 asked | path.gone | 0 ready, 1 opening, 4 asked | |
    | 1 ready, 1 opening, 4 asked | idle.limit_reached | 0 ready, 1 opening, 0 asked | drop |
    | 1 ready, 1 opening, 4 asked | close.ordered | closed | drop |
    | 1 ready, 1 opening, 5 asked | path.asked | 1 ready, 1 opening, 6 asked | idle.await |
    | 1 ready, 1 opening, 5 asked | path.asked (much later) | 1 ready, 1 opening, 1 asked | idle.await |
    | 1 ready, 1 opening, 5 asked | refill.due | 1 ready, 4 opening, 5 asked | open 3 |
    | 1 ready, 1 opening, 5 asked | path.opened | 2 ready, 0 opening, 5 asked | hold |
    | 1 ready, 1 opening, 5 asked | path.failed | 1 ready, 0 opening, 5 asked | |
    | 1 ready, 1 opening, 5 asked | path.gone | 0 ready, 1 opening, 5 asked | |
    | 1 ready, 1 opening, 5 asked | idle.limit_reached | 0 ready, 1 opening, 0 asked | drop |
    | 1 ready, 1 opening, 5 asked | close.ordered | closed | drop |
    | 7 ready, 1 opening, 8 asked | path.asked | 7 ready, 1 opening, 8 asked | idle.await |
    | 7 ready, 1 opening, 8 asked | path.asked (much later) | 7 ready, 1 opening, 1 asked | idle.await |
    | 7 ready, 1 opening, 8 asked | path.opened | 8 ready, 0 opening, 8 asked | hold |
    | 7 ready, 1 opening, 8 asked | path.failed | 7 ready, 0 opening, 8 asked | |
    | 7 ready, 1 opening, 8 asked | path.gone | 6 ready, 1 opening, 8 asked | |
    | 7 ready, 1 opening, 8 asked | idle.limit_reached | 0 ready, 1 opening, 0 asked | drop |
    | 7 ready, 1 opening, 8 asked | close.ordered | closed | drop |
    | closed | path.opened | closed | discard |
    "
  `);
});
