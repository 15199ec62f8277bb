import { renderTransitions } from '@fairlead/kit';
import { expect, test } from 'vitest';

import { simulatorMachine } from './life-table.ts';

test('transition: every state answers every event', () => {
  expect(renderTransitions(simulatorMachine)).toMatchInlineSnapshot(`
    "| state | event | next | effects |
    |---|---|---|---|
    | importing | phase.entered | starting | |
    | importing | engine.ready | serving | |
    | importing | stop.signalled (idle), stop.signalled (busy), stop.signalled (busy, hangs), stop.signalled (drains) | ended | end SIGTERM |
    | importing | start.failed | ended | end 1 |
    | importing | start.failed (never ends) | starting (stuck) | print, stop-starting |
    | importing | exit.ordered | ended | end 3 |
    | configuring | phase.entered | starting | |
    | configuring | engine.ready | serving | |
    | configuring | stop.signalled (idle), stop.signalled (busy), stop.signalled (busy, hangs), stop.signalled (drains) | ended | print, end SIGINT |
    | configuring | start.failed | ended | end 1 |
    | configuring | start.failed (never ends) | starting (stuck) | print, stop-starting |
    | configuring | exit.ordered | ended | end 3 |
    | handshaking | phase.entered | starting | |
    | handshaking | engine.ready | serving | |
    | handshaking | stop.signalled (idle), stop.signalled (busy), stop.signalled (busy, hangs), stop.signalled (drains) | starting (stuck) | stop-starting |
    | handshaking | start.failed | ended | end 1 |
    | handshaking | start.failed (never ends) | starting (stuck) | print, stop-starting |
    | handshaking | exit.ordered | ended | end 3 |
    | loading | phase.entered, stop.signalled (idle), stop.signalled (busy), stop.signalled (busy, hangs), stop.signalled (drains) | starting | |
    | loading | engine.ready | serving | |
    | loading | start.failed | ended | end 1 |
    | loading | start.failed (never ends) | starting (stuck) | print, stop-starting |
    | loading | exit.ordered | ended | end 3 |
    | lost one | phase.entered | starting | |
    | lost one | engine.ready | serving | |
    | lost one | stop.signalled (idle), stop.signalled (busy), stop.signalled (busy, hangs), stop.signalled (drains) | ended | print, end SIGINT |
    | lost one | start.failed | ended | end 1 |
    | lost one | start.failed (never ends) | starting (stuck) | print, stop-starting |
    | lost one | exit.ordered | ended | end 3 |
    | stuck | phase.entered | starting (stuck) | |
    | stuck | stop.signalled (idle), stop.signalled (busy), stop.signalled (busy, hangs), stop.signalled (drains) | ended | print, end SIGINT |
    | stuck | start.failed | ended | end 1 |
    | stuck | start.failed (never ends) | starting (stuck) | print, stop-starting |
    | stuck | exit.ordered | ended | end 3 |
    | serving | stop.signalled (idle), stop.signalled (busy) | closing | print, drain 0, kill-engine aloud, print, close-listener |
    | serving | stop.signalled (busy, hangs) | closing | print, drain 0, kill-engine silently, print, close-listener |
    | serving | stop.signalled (drains) | draining | print, drain 60 |
    | serving | engine.died | closing | print, kill-engine aloud, close-listener |
    | serving | exit.ordered | ended | end 3 |
    | draining | requests.finished, drain.expired | closing | kill-engine aloud, print, close-listener |
    | draining | exit.ordered | ended | end 3 |
    | closing | connections.closed | ended | print, end 0 |
    | closing | exit.ordered | ended | end 3 |
    "
  `);
});
