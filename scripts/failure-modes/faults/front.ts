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
  {
    finding: 'mux-peers',
    what: 'the other end of the channel of all requests sends garbage, frames that are too long, streams that were never opened, or credit that it does not have',
    seen: 'that channel ends, and its requests with it; all others go on',
    tests: places(
      ['packages/mux/src/core/violations.test.ts', 'sends garbage'],
      ['packages/mux/src/core/violations.test.ts', 'opens a million streams and reads no answer'],
      [front('front-mux'), 'refuses %s'],
    ),
  },
  {
    finding: 'mux-resumed',
    what: 'the channel of all requests is lost, at any byte and any number of times, and the consumer opens another one within 30 s',
    seen: 'no request ends and no byte is lost: all go on over the next channel; `connect` says how long that took',
    tests: places(
      [
        'packages/mux/src/driver/resume.test.ts',
        'go on to the last byte after a loss behind any byte towards the %s, of the handshakes too',
      ],
      [
        'packages/client/src/paths/kept-mux.test.ts',
        'Requests that are cut after any number of bytes towards the %s are answered whole',
      ],
      [front('front-resume'), 'goes on over the next one: the engine has gone on meanwhile'],
      [front('front-resume'), 'frees the engine when its consumer has not come in time, and the consumer hears why'],
    ),
  },
  {
    finding: 'mux-strangers',
    what: 'another program asks for the session of a consumer, or an earlier attempt of the consumer arrives late',
    seen: 'it is refused, and the session goes on where it was',
    tests: places(
      ['packages/mux/src/driver/resume.test.ts', 'refuses a stranger, whatever he knows of the session'],
      [
        'packages/mux/src/driver/resume.test.ts',
        'gives the session to the latest of several channels, and nothing to one that is stale',
      ],
    ),
  },
  {
    finding: 'mux-waiting',
    what: 'many consumers lose their channels and do not come back, or one of them has much that it has not read',
    seen: 'what waits for them is bounded in bytes and number; the longest waiting ones end first, and new consumers are served',
    tests: places(
      [front('front-resume'), 'makes room for a consumer that comes anew, the longest waiting one first'],
      [front('front-resume'), 'frees the engine where it would hold too much'],
    ),
  },
  {
    finding: 'mux-cuts',
    what: 'the channel of all requests is cut at any byte of its handshake or of a request, and one of both sides is older than resumption',
    seen: 'each request in it is answered whole or has the error of a cut, and the next one is served',
    tests: places(
      [front('front-mux'), 'after a cut at any byte of the handshake and of a stream, and serves the next one'],
      [
        'packages/client/src/paths/mux-paths.test.ts',
        'that are cut after any number of bytes towards the %s are answered whole or have the one error',
      ],
    ),
  },
  {
    finding: 'mux-stalled-reader',
    what: 'a client reads nothing of a long answer while others share its channel',
    seen: 'its answer waits at the node; the others go on',
    tests: places(
      [front('front-mux'), 'hold a stalled reader to its window: the engine waits, another stream does not'],
      [
        'packages/mux/src/driver/mux-session.test.ts',
        'holds a writer up at the window of a reader that stalls, and no other stream',
      ],
      [
        'packages/mux/src/core/mux-core.test.ts',
        'lets the windows of all streams together grow by 16 MiB, and again when those that have grown are over',
      ],
    ),
  },
  {
    finding: 'mux-older-agent',
    what: 'the agent is older than the channel of all requests, or the consumer is',
    seen: 'nothing: each request has a channel of its own',
    tests: places(
      [
        'packages/client/src/paths/mux-paths.test.ts',
        'have a channel each to a front that knows no mux, which is asked once',
      ],
      [front('front-mux'), 'and serves plain requests beside it'],
    ),
  },
];
