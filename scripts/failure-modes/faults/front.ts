import { type FoundFault, places } from '../failure-mode.ts';

const front = (name: string) => `apps/node-agent/src/front/${name}.test.ts`;

export const frontFaults: readonly FoundFault[] = [
  {
    finding: '7 engine-backlog',
    what: "the engine's accept queue is full for a moment, or the engine does not listen yet",
    seen: 'nothing: the front dials again for some seconds and counts that; only then it answers 502',
    tests: places(
      [front('front-dial'), 'loses no request of a burst'],
      [front('front-dial'), 'is given up after some seconds with 502, and at once when the client leaves'],
      [front('front-dial'), 'just after it became ready is tried again'],
    ),
  },
  {
    finding: '20 front-upload-leak',
    what: 'a client leaves while its upload waits for an engine that does not read',
    seen: 'the front ends the request after a time without progress, also while draining; a client that is still connected gets 502',
    tests: places([
      front('front-aborts'),
      'for an engine that takes nothing of an upload is limited, also for a client that left unseen (%s)',
    ]),
  },
];
