import { type FoundFault, places } from '../failure-mode.ts';

export const bareMachineFaults: readonly FoundFault[] = [
  {
    finding: '0 (bare machine)',
    what: 'no OpenSSH, Slurm or Python on the machine',
    seen: 'the demo and every test that can run use the bundled SSH server; the others are skipped with a reason',
    tests: places(['packages/ssh/src/local-server/user-sshd.test.ts', 'says what to install where there is no sshd']),
  },
];
