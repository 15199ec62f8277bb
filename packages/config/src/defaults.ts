// The defaults of the settings in fairlead.yaml, used by the descriptions of the settings and by the code that reads them.

import { specDefaults } from '@fairlead/protocol';

export const defaults = {
  ...specDefaults,
  /** Time limit of a job, in Slurm's form. */
  time: '04:00:00',
  /** State directory on the bastion and on a cluster. */
  stateDir: '~/.local/share/fairlead',
  /** Private key on the cluster, used with proxyJump. */
  jumpIdentityFile: '~/.ssh/id_ed25519',
  /** The interval at which one command queries a queue. */
  pollSeconds: 15,
} as const;
