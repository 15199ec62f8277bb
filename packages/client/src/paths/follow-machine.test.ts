// Every state of a follower with every input.

import { listTransitions, renderTransitions } from '@fairlead/kit';
import { describe, expect, test } from 'vitest';

import { followMachine } from './follow-table.ts';

describe('followTransition', () => {
  test('has this table of every state and input', () => {
    expect(renderTransitions(followMachine)).toMatchInlineSnapshot(`
      "| state | event | next | effects |
      |---|---|---|---|
      | down (at first) | control.heard, answered: none | down | |
      | down (at first) | told: ready at 1, told: ready at 2, told: agent lost | down | ask |
      | down (at first) | told: agent lost, and stopped | down (agent may return) | return.await, ask |
      | down (at first) | told: stopped | ended | tell deployment.ended |
      | down (at first) | answered: 1 | up at 1 | tell endpoint.up |
      | down (at first) | answered: 2 | up at 2 | tell endpoint.up |
      | down (at first) | watch.failed | down (control lost) | tell control.lost, pause soon |
      | down (at first) | watch.failed (refused) | down (control lost) | tell control.lost, pause person |
      | down (at first) | watch.ended | down | pause soon |
      | down | told: ready at 1, told: ready at 2, told: agent lost | down | ask |
      | down | told: agent lost, and stopped | down (agent may return) | return.await, ask |
      | down | told: stopped | ended | tell deployment.ended |
      | down | answered: 1 | up at 1 | tell endpoint.up |
      | down | answered: 2 | up at 2 | tell endpoint.up |
      | down | watch.failed | down (control lost) | tell control.lost, pause soon |
      | down | watch.failed (refused) | down (control lost) | tell control.lost, pause person |
      | down | watch.ended | down | pause soon |
      | down (control lost) | control.heard | down | tell control.back |
      | down (control lost) | told: ready at 1, told: ready at 2, told: agent lost | down (control lost) | ask |
      | down (control lost) | told: agent lost, and stopped | down (control lost, agent may return) | return.await, ask |
      | down (control lost) | told: stopped | ended (control lost) | tell deployment.ended |
      | down (control lost) | answered: 1 | up at 1 (control lost) | tell endpoint.up |
      | down (control lost) | answered: 2 | up at 2 (control lost) | tell endpoint.up |
      | down (control lost) | watch.failed, watch.ended | down (control lost) | pause soon |
      | down (control lost) | watch.failed (refused) | down (control lost) | pause person |
      | down (agent may return) | told: ready at 1, told: ready at 2, told: agent lost | down | return.forget, ask |
      | down (agent may return) | told: agent lost, and stopped | down (agent may return) | ask |
      | down (agent may return) | told: stopped, return.limit_reached | ended | return.forget, tell deployment.ended |
      | down (agent may return) | answered: 1 | up at 1 (agent may return) | tell endpoint.up |
      | down (agent may return) | answered: 2 | up at 2 (agent may return) | tell endpoint.up |
      | down (agent may return) | watch.failed | down (control lost, agent may return) | tell control.lost, pause soon |
      | down (agent may return) | watch.failed (refused) | down (control lost, agent may return) | tell control.lost, pause person |
      | down (agent may return) | watch.ended | down (agent may return) | pause soon |
      | up at 1 | told: ready at 2, told: agent lost | up at 1 | ask |
      | up at 1 | told: agent lost, and stopped | up at 1 (agent may return) | return.await, ask |
      | up at 1 | told: stopped | ended | tell endpoint.down, tell deployment.ended |
      | up at 1 | answered: 2 | up at 2 (1 still up) | tell endpoint.up |
      | up at 1 | answered: none | down | tell endpoint.down |
      | up at 1 | watch.failed | up at 1 (control lost) | tell control.lost, pause soon |
      | up at 1 | watch.failed (refused) | up at 1 (control lost) | tell control.lost, pause person |
      | up at 1 | watch.ended | up at 1 | pause soon |
      | up at 2 (1 still up) | told: ready at 1 | up at 2 (1 still up) | ask |
      | up at 2 (1 still up) | told: ready at 2 | up at 2 | tell endpoint.left |
      | up at 2 (1 still up) | told: agent lost | up at 2 | tell endpoint.left, ask |
      | up at 2 (1 still up) | told: agent lost, and stopped | up at 2 (agent may return) | tell endpoint.left, return.await, ask |
      | up at 2 (1 still up) | told: stopped | ended | tell endpoint.left, tell endpoint.down, tell deployment.ended |
      | up at 2 (1 still up) | answered: 1 | up at 1 | tell endpoint.up |
      | up at 2 (1 still up) | answered: none | down (1 still up) | tell endpoint.down |
      | up at 2 (1 still up) | watch.failed | up at 2 (control lost, 1 still up) | tell control.lost, pause soon |
      | up at 2 (1 still up) | watch.failed (refused) | up at 2 (control lost, 1 still up) | tell control.lost, pause person |
      | up at 2 (1 still up) | watch.ended | up at 2 (1 still up) | pause soon |
      | ended | told: ready at 1, told: ready at 2, told: agent lost | down | ask |
      | ended | told: stopped | ended | tell deployment.ended |
      | ended | watch.failed | ended (control lost) | tell control.lost, pause soon |
      | ended | watch.failed (refused) | ended (control lost) | tell control.lost, pause person |
      | ended | watch.ended | ended | pause soon |
      "
    `);
  });

  test('tells that an endpoint is down whenever it leaves one without another, and only then', () => {
    for (const { from, event, step } of listTransitions(followMachine)) {
      const isLeft = from.status === 'up' && step.state.status !== 'up';
      const isTold = step.effects.some((effect) => effect.type === 'tell' && effect.event.type === 'endpoint.down');
      expect(isTold, `${from.status} × ${event}`).toBe(isLeft);
    }
  });
});
