import { renderTransitions } from '@fairlead/kit';
import { expect, it } from 'vitest';

import { dialMachine } from './dial-table.ts';

it('A socket file follows the table of every state and event', () => {
  expect(renderTransitions(dialMachine)).toMatchInlineSnapshot(`
    "| state | event | next | effects |
    |---|---|---|---|
    | idle | reviewed: dial | queued | queue |
    | idle | reviewed: park | forgotten | forget, park |
    | idle | reviewed: unlink, file.surplus | forgotten | forget, unlink |
    | idle | file.gone | forgotten | forget |
    | queued | reviewed: park | forgotten | forget, park |
    | queued | reviewed: unlink, file.surplus | forgotten | forget, unlink |
    | queued | file.gone | forgotten | forget |
    | queued | dial.begun | dialling | connect |
    | dialling | reviewed: park | forgotten | forget, park |
    | dialling | reviewed: unlink, file.surplus | forgotten | forget, unlink |
    | dialling | file.gone | forgotten | forget |
    | dialling | agent.proved | proven | place.free |
    | dialling | connection.closed | waiting (1 failed) | redial.later, place.free |
    | dialling | connection.closed (no file) | forgotten | forget, place.free |
    | dialling (2 failed) | reviewed: park | forgotten | forget, park |
    | dialling (2 failed) | reviewed: unlink, file.surplus | forgotten | forget, unlink |
    | dialling (2 failed) | file.gone | forgotten | forget |
    | dialling (2 failed) | agent.proved | proven | place.free |
    | dialling (2 failed) | connection.closed | waiting (3 failed) | redial.later, place.free |
    | dialling (2 failed) | connection.closed (no file) | forgotten | forget, place.free |
    | waiting (1 failed) | reviewed: park | forgotten | forget, park |
    | waiting (1 failed) | reviewed: unlink, file.surplus | forgotten | forget, unlink |
    | waiting (1 failed) | file.gone | forgotten | forget |
    | waiting (1 failed) | redial.due | idle (1 failed) | review |
    | proven | reviewed: park | forgotten | forget, park |
    | proven | reviewed: unlink, file.surplus | forgotten | forget, unlink |
    | proven | file.gone, connection.closed (no file) | forgotten | forget |
    | proven | connection.closed | waiting | redial.later |
    | forgotten | agent.proved, connection.closed, connection.closed (no file) | forgotten | place.free |
    "
  `);
});
