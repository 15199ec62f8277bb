// Variables by which a user's shell, or a site's module, sets options of sbatch. Fairlead unsets them (an outer job's would
// change the inner one): the setting of the same meaning is named instead. Data.

const settings = {
  ACCOUNT: 'account',
  PARTITION: 'partition',
  QOS: 'qos',
  RESERVATION: 'reservation',
  CONSTRAINT: 'constraint',
  CLUSTERS: 'cluster',
} as const;

/** Names without SBATCH_ or SLURM_. */
export const shellSettings = Object.keys(settings);

/** The key below `slurm` for `SBATCH_ACCOUNT` and the like. */
export function settingOf(variable: string): string {
  const name = variable.replace(/^(SBATCH|SLURM)_/, '');
  return Object.hasOwn(settings, name) ? settings[name as keyof typeof settings] : 'extra';
}
