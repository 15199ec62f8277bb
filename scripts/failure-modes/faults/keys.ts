import { type FoundFault, places } from '../failure-mode.ts';

const SCENARIO = 'tests/scenarios/job-keys.test.ts';
const KEYS_FILE = 'packages/tunnel/src/job-key/keys-file.test.ts';

export const KEYS_FAULTS: readonly FoundFault[] = [
  {
    finding: '1 job-key-shared',
    what: 'two names of one cluster, one of them stopped',
    seen: 'the jobs of the other keep their key and come back after a loss',
    tests: places([SCENARIO, 'share a key that a stop of one leaves to the jobs of the other']),
  },
  {
    finding: '1 job-key-two-bastions',
    what: "two bastions for one cluster's account",
    seen: 'a key for each; an uninstall of one leaves what the jobs of the other read',
    tests: places(
      [SCENARIO, 'have a key each'],
      [SCENARIO, 'can be uninstalled one by one: what the jobs of the other read stays, and is named'],
    ),
  },
  {
    finding: '1 (agent)',
    what: "the job's key gone for a while, or its line removed",
    seen: 'the agent looks again within seconds; the next deploy makes a new key, which running jobs take',
    tests: places(
      [SCENARIO, 'have an agent that looks for its key again within seconds, when it is gone and comes back'],
      [SCENARIO, 'get a new key where its line was removed, and jobs that run take it'],
    ),
  },
  {
    finding: '3 keys-file-cut',
    what: 'the connection breaks in the middle of an edit of `authorized_keys`',
    seen: 'the file is old or new, never a part',
    tests: places(
      [KEYS_FILE, 'of 1 MB is old or new, never a part, wherever the connection breaks'],
      [KEYS_FILE, 'is edited only when all of it was read'],
    ),
  },
  {
    finding: '3 (scripts)',
    what: 'the connection breaks in the middle of a script that a host runs',
    seen: 'nothing of the script is run',
    tests: places([
      'packages/tunnel/src/run-script.test.ts',
      'a script that is cut off does nothing, wherever it is cut',
    ]),
  },
  {
    finding: '3 (a lock given back)',
    what: 'the lock of authorized_keys is given back between the failed try to take it and the look at it',
    seen: 'it is tried again; that was called a directory in which nobody can write',
    tests: places([KEYS_FILE, 'takes a lock that is given back between the failed try and the look at it']),
  },
];
