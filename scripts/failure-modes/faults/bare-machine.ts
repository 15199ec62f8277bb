import { type FoundFault, places } from '../failure-mode.ts';

export const bareMachineFaults: readonly FoundFault[] = [
  {
    finding: '0 (bare machine)',
    what: 'no OpenSSH, Slurm or Python on the machine',
    seen: 'the demo and all tests that do not need them use the bundled SSH server; the other tests are skipped with a reason',
    tests: places(['packages/ssh/src/local-server/user-sshd.test.ts', 'says what to install where there is no sshd']),
  },
];
