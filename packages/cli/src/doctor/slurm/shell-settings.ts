// Options of sbatch that the user's login shell, or a site's module in it, sets by variables. Fairlead unsets them, for an
// outer job's would change the inner one. Where the configuration does not set the same, doctor warns.

import type { ClusterConfig } from '@fairlead/config';
import { settingOf, shellSettings } from '@fairlead/scheduler';

import type { Host } from '@fairlead/launch';
import { type Answers, askHost } from '../ask-host.ts';
import { type Finding, passed, warn } from '../check.ts';

/** As a program sees them, and as a person who logs in does: csh takes -l alone, and the others no script beside it. */
const shellScript = `
names='^(SBATCH|SLURM)_(${shellSettings.join('|')})='
env | grep -E "$names"
shell=\${SHELL:-sh}
limit=
if command -v timeout >/dev/null 2>&1; then limit='timeout -k 2 15'; fi
case \${shell##*/} in
  *csh) echo env | $limit "$shell" -l 2>/dev/null | grep -E "$names" ;;
  *) $limit "$shell" -lc env 2>/dev/null </dev/null | grep -E "$names" ;;
esac
:
`;

type SlurmSettings = NonNullable<ClusterConfig['slurm']>;

export async function askShellSettings(host: Host, slurm: SlurmSettings, signal: AbortSignal): Promise<Finding> {
  return judgeShellSettings(await askHost(host, shellScript, [], { signal, timeoutMs: 40_000 }), slurm);
}

/** Pure. `answers`: variables and their values. */
export function judgeShellSettings(answers: Answers, slurm: SlurmSettings): Finding {
  const names = shellSettings.flatMap((name) => [`SBATCH_${name}`, `SLURM_${name}`]);
  const set = names.flatMap((name) => {
    const value = answers.get(name);
    return value ? [{ name, value, setting: settingOf(name) }] : [];
  });
  const missing = set.filter(({ setting }) => slurm[setting as keyof SlurmSettings] === undefined);
  const [first] = missing;
  if (!first)
    return passed(
      set.length === 0 ? 'nothing that concerns sbatch' : `the configuration says instead of it: ${words(set)}`,
    );
  const what = first.setting === 'account' ? 'an account' : `its own ${first.setting}`;
  const todo = missing.map(({ setting, value }) => `set \`${setting}: ${value}\` below slurm`);
  return warn(
    `your shell sets ${what} that Fairlead does not use (${words(missing)})`,
    `If jobs need it, ${[...new Set(todo)].join(', ')} in the configuration of this cluster.`,
  );
}

function words(set: ReadonlyArray<{ name: string; value: string }>): string {
  return set.map(({ name, value }) => `${name}=${value}`).join(', ');
}
