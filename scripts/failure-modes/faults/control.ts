import { type FoundFault, places } from '../failure-mode.ts';

const control = (name: string) => `apps/control/src/${name}.test.ts`;

export const controlFaults: readonly FoundFault[] = [
  {
    finding: '2 agent-bricks-control',
    what: 'a message with numbers beyond the bounds of a stored record makes the whole database unreadable at the next start',
    seen: 'control refuses the message and names the field that is out of bounds; it corrects the times of a wrong clock within bounds; it starts again with all records',
    tests: places(
      [control('faults/extremes'), 'by an agent: starts again after each, with all its deployments'],
      [control('faults/extremes'), 'by an owner: starts again after each, with all its deployments'],
      [control('faults/extremes'), 'refuses what cannot be stored, says which field, and starts again'],
      ['packages/protocol/src/bounds.test.ts', '%s has a bound on each number, text and list'],
    ),
  },
  {
    finding: '2 (one bad record)',
    what: 'one record in the database that cannot be read',
    seen: 'control moves the whole record to a separate table and reports that in the log and in `fairlead events`; a fresh record waits for its agent; all other deployments are served',
    tests: places(
      [control('store/sqlite-store'), 'is set aside whole, a fresh one waits in its place, and others stay'],
      [control('store/sqlite-store'), 'of a deployment keeps what can be read of it'],
      [control('faults/set-aside'), 'serves the others, says so, and takes the agent of the bad one back'],
    ),
  },
  {
    finding: '8 owners-unreadable',
    what: 'the directory of owner tokens cannot be read for a moment',
    seen: 'owners that control knows stay valid; others get `state_unreadable` (503) until the directory can be read; control runs on',
    tests: places(
      [control('faults/home-away'), 'keeps owners it knows and their watchers, answers 503 to others'],
      [control('state/state'), 'stay valid if they were known; unknown ones get no answer'],
      [control('faults/ports'), '$port fails for a while'],
    ),
  },
  {
    finding: '9 store-unreadable',
    what: 'the database can be neither written nor read for a moment',
    seen: 'control answers from memory, refuses changes with `state_unreadable` (503), and recovers automatically',
    tests: places(
      [
        control('faults/home-away'),
        'keeps its memory and refuses changes while its database can be neither written nor read',
      ],
      [control('faults/ports'), '$port fails for a while'],
      [control('store/journal'), 'answers every caller and goes on when a handler of a commit or a failure throws'],
    ),
  },
  {
    finding: '14 dialler-starved',
    what: "hundreds of silent sockets, made with a leaked job key, in the name of one's own instance",
    seen: 'other deployments come back at once; control dials one socket of an instance at a time and keeps eight of each kind',
    tests: places(
      [control('faults/flood'), 'delays no other deployment by sockets that do not answer, and keeps few of them'],
      [
        control('carrier/dialler'),
        'dials one socket of an instance at a time, and keeps places for instances whose agent is known',
      ],
      [control('carrier/dialler'), 'dials a socket that was just made instead of one that does not answer'],
      [control('carrier/dialler'), 'keeps no more than 8 sockets of a kind of one instance, the one in use among them'],
    ),
  },
  {
    finding: '15 agent-flood',
    what: 'an agent that sends events, or changes its state, without end',
    seen: 'the history keeps 100 at once and then one a second, and counts the rest; other deployments lose no event, and the file shrinks again',
    tests: places(
      [
        control('faults/flood'),
        'fills no more of the history than its share, is acknowledged, and what was left out is counted there',
      ],
      [
        control('faults/flood'),
        'fills no more of the history with reports that keep changing, and its end is stored all the same',
      ],
      [
        control('faults/flood'),
        'of one deployment is cut to its share, that of others stays, and the file gives its room back',
      ],
      [control('store/sqlite-store'), 'lets a file of an older control shrink from then on'],
    ),
  },
  {
    finding: '18 status-events',
    what: 'a name with a history of more than a thousand events',
    seen: '`fairlead status` shows the newest events',
    tests: places([
      'packages/cli/src/commands/last-events.test.ts',
      'are the newest ones, however long the history of the name is',
    ]),
  },
  {
    finding: 'after 18 (a start over a killed one)',
    what: 'control was killed, and its old socket still exists when it starts again',
    seen: 'a client that connects meanwhile waits until control listens, and is not refused',
    tests: places([control('open-control'), 'names itself the owner only once the socket of a killed one is gone']),
  },
];
