// Whether Slurm's commands are there for a program that logs in without a terminal.

import type { Host } from '@fairlead/launch';
import { type Answers, askHost } from '../ask-host.ts';
import { fail, type Finding, passed, warn } from '../check.ts';

const neededVariables = ['sbatch', 'squeue', 'scancel', 'scontrol', 'sinfo'];
const useful = ['sacct', 'sacctmgr'];

const commandsScript = `
dir=$1; shift
for name in "$@"; do
  at=$(command -v "$dir$name" 2>/dev/null) && echo "$name=$at"
done
echo "path=$PATH"
# A login shell may know more: where modules put them there, a program never finds them.
echo "login=$("\${SHELL:-sh}" -lc 'command -v sbatch' 2>/dev/null </dev/null | tail -n 1)"
`;

/** In `binDir`, where the configuration names one. */
export async function askCommands(host: Host, binDir: string | undefined, signal: AbortSignal): Promise<Finding> {
  const args = [binDir === undefined ? '' : `${binDir}/`, ...neededVariables, ...useful];
  return judgeCommands(await askHost(host, commandsScript, args, { signal }), binDir);
}

export function judgeCommands(answers: Answers, binDir?: string): Finding {
  const missing = neededVariables.filter((name) => !answers.get(name)?.startsWith('/'));
  const lacking = useful.filter((name) => !answers.get(name)?.startsWith('/'));
  const login = answers.get('login') ?? '';
  if (missing.length > 0 && binDir !== undefined)
    return fail(
      `${missing.join(', ')} not found in slurm.binDir (${binDir})`,
      login.startsWith('/')
        ? `An interactive login has ${login}: set slurm.binDir to its directory, or remove the setting.`
        : 'Set slurm.binDir to the directory of sbatch and the others on the login host.',
    );
  if (missing.length > 0)
    return fail(
      `${missing.join(', ')} not found on the PATH of a login without a terminal (${answers.get('path')})${login.startsWith('/') ? `; an interactive login has ${login}` : ''}`,
      login.startsWith('/')
        ? `Set slurm.binDir to ${login.replace(/\/[^/]*$/, '')}, or put it on the PATH in the file that every shell reads there (~/.bashrc, before it returns for shells without a terminal).`
        : 'Is this a login host of the cluster? Name the one that takes sbatch, or set slurm.binDir to the directory of the Slurm commands there.',
    );
  if (lacking.length > 0)
    return warn(
      `${lacking.join(', ')} not found; the rest is there`,
      'Jobs that ended long ago will be less well explained.',
    );
  return passed(`${answers.get('sbatch')} and the others`);
}
