import { type FoundFault, places } from '../failure-mode.ts';

const stream = 'apps/control/src/http/stream-logs.test.ts';
const desk = 'apps/control/src/ws/agent-desk.test.ts';
const keep = 'apps/control/src/carrier/keep-run-dir.test.ts';
const gate = 'packages/ssh/src/gate-script.test.ts';

export const livenessFaults: readonly FoundFault[] = [
  {
    finding: '4 slow-log-reader',
    what: 'a slow or suspended reader of a log',
    seen: 'the log waits in its file; the agent keeps its lease',
    tests: places(
      [stream, 'whose reader does not read delays no heartbeat in three lease times'],
      [stream, 'gives a slow reader everything, and its agent no more credit than that reader has room for'],
      [desk, 'keeps its lease by whatever it says: %s'],
      ['apps/node-agent/src/control-link/log-tails.test.ts', 'holds little of a long log while its reader waits'],
    ),
  },
  {
    finding: '4 slow-log-reader-e2e',
    what: 'suspended readers of logs, events and states, while an instance serves and while it drains',
    seen: 'answers are whole, no instance is reported as lost, and the drain ends as usual',
    tests: places(
      [
        'tests/scenarios/liveness.test.ts',
        'of logs, events and states takes no lease from an agent in three lease times, and none while it drains',
      ],
      [
        'apps/control/src/domain/instance-life.test.ts',
        'calls an instance that falls silent while it drains lost, not stopped',
      ],
      [
        'packages/client/src/paths/endpoint-follower.test.ts',
        'waits a minute for the lost agent of a deployment that was stopped: it may come back to end what it answers',
      ],
    ),
  },
  {
    finding: '10 run-dir-cleaned',
    what: 'a cleaner of `/tmp` removes `parked/`, `control.sock`, `control.pid` or the whole run directory',
    seen: 'control creates them again within seconds, and renews their times so that cleaners keep them',
    tests: places(
      [keep, 'is whole again after something took `%s` of it'],
      [keep, 'may lose the place for parked sockets when an agent falls silent'],
      [keep, 'does not grow old: cleaners of /tmp find nothing to take'],
      [keep, 'leaves the socket of another program in its place, and takes the place when that has gone'],
      [gate, 'finds control where it lives, though its pid file is gone and the record names another directory'],
      ['packages/cli/src/bastion/swap-script.test.ts', 'its own record, where the pid file is gone'],
    ),
  },
  {
    finding: '11 gate-run-dir flip',
    what: 'the user enables lingering, or a session has no `XDG_RUNTIME_DIR`',
    seen: 'the sockets stay in their directory: the gate has recorded its choice',
    tests: places(
      [gate, 'chooses once and writes the choice down, whatever later sessions are like'],
      [gate, 'makes one choice for several logins at once'],
      [gate, 'stays where an older control lives, which wrote down less'],
      [gate, 'leaves the record of another host alone unless control lives here now'],
    ),
  },
  {
    finding: '21 gate-run-dir squat',
    what: 'another user of the bastion makes `/tmp/fairlead-<uid>` first',
    seen: 'the gate takes another name for the directory of the sockets and records it; `doctor` names that user',
    tests: places(
      [gate, 'takes another name where another user has the usual one, and stays with it'],
      [gate, 'chooses anew where what it chose before can be used no more'],
      [
        'packages/cli/src/doctor/bastion/bastion-judges.test.ts',
        'names the user who has taken its name, or the usual one',
      ],
    ),
  },
];
