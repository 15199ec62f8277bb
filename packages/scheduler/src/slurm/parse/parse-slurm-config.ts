// Reads `scontrol show config`: the few settings that decide what we can know and what is enforced.

import { defined } from '@fairlead/kit';

export interface SlurmConfig {
  clusterName?: string;
  version?: string;
  /** From SIGTERM to SIGKILL at the end of a job. */
  killWaitMs?: number;
  /** Whether accounts and QOS are kept at all. */
  hasAccounting: boolean;
  /** `associations`, `limits`, `qos`, …; empty where an unknown account is taken all the same. */
  enforced: string[];
}

export function parseSlurmConfig(stdout: string): SlurmConfig {
  const values = new Map(
    stdout.split('\n').flatMap((line) => {
      const match = /^([A-Za-z_]+)\s*=\s*(.*?)\s*$/.exec(line);
      return match ? [[match[1] ?? '', match[2] ?? ''] as const] : [];
    }),
  );
  const known = (key: string) => {
    const value = values.get(key);
    return value === undefined || value === '' || value === '(null)' ? undefined : value;
  };
  const clusterName = known('ClusterName');
  const version = known('SLURM_VERSION');
  // `30 sec`
  const killWaitSeconds = Number.parseInt(known('KillWait') ?? '', 10);
  const killWaitMs = Number.isNaN(killWaitSeconds) ? undefined : killWaitSeconds * 1000;
  return {
    ...defined({ clusterName, version, killWaitMs }),
    hasAccounting: (known('AccountingStorageType') ?? '').endsWith('slurmdbd'),
    enforced: (known('AccountingStorageEnforce') ?? 'none').split(',').filter((word) => word !== 'none'),
  };
}
