// What holds where fairlead.yaml says nothing: the settings' descriptions and the code that reads them take it from here.

import { specDefaults } from '@fairlead/protocol';

export const defaults = {
  ...specDefaults,
  /** Of a job, in Slurm's form. */
  time: '04:00:00',
  /** On the bastion, and of a cluster. */
  stateDir: '~/.local/share/fairlead',
  /** On the cluster, with proxyJump. */
  jumpIdentityFile: '~/.ssh/id_ed25519',
  /** The least time between two looks of one command at a queue. */
  pollSeconds: 15,
} as const;
