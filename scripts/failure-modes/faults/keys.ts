import { type FoundFault, places } from '../failure-mode.ts';

const scenario = 'tests/scenarios/job-keys.test.ts';
const keysFile = 'packages/ssh/src/job-key/keys-file.test.ts';

export const keysFaults: readonly FoundFault[] = [
  {
    finding: '1 job-key-shared',
    what: 'a user stops one of two deployments on one cluster',
    seen: 'the jobs of the other deployment keep their key and come back after a loss',
    tests: places([scenario, 'share a key that a stop of one leaves to the jobs of the other']),
  },
  {
    finding: '1 job-key-two-bastions',
    what: "two bastions for one cluster's account",
    seen: 'each bastion has its own key; an uninstall of one keeps the files that the jobs of the other read',
    tests: places(
      [scenario, 'have a key each'],
      [scenario, 'can be uninstalled one by one: what the jobs of the other read stays, and is named'],
    ),
  },
  {
    finding: '1 (agent)',
    what: "the job's key is missing for a while, or its line was removed",
    seen: 'the agent looks for it again within seconds; the next deploy makes a new key, which running jobs use',
    tests: places(
      [scenario, 'have an agent that looks for its key again within seconds, when it is gone and comes back'],
      [scenario, 'get a new key where its line was removed, and jobs that run take it'],
    ),
  },
  {
    finding: '3 keys-file-cut',
    what: 'the connection breaks in the middle of an edit of `authorized_keys`',
    seen: 'the file has the old or the new content, never a part',
    tests: places(
      [keysFile, 'of 1 MB is old or new, never a part, wherever the connection breaks'],
      [keysFile, 'is edited only after all of it was read'],
    ),
  },
  {
    finding: '3 (scripts)',
    what: 'the connection breaks in the middle of a script that a host runs',
    seen: 'the host runs no part of the script',
    tests: places(['packages/ssh/src/run-script.test.ts', 'a script that is cut off does nothing, wherever it is cut']),
  },
  {
    finding: '3 (a released lock)',
    what: 'another edit releases the lock of authorized_keys between the failed mkdir and the check',
    seen: 'nothing: the edit tries again, and does not report a directory that is not writable',
    tests: places([keysFile, 'takes a lock that is released between the failed mkdir and the check']),
  },
];
