// What `fairlead init` finds out by itself: the hosts of ~/.ssh/config, and on the login host what Slurm and the environment offer. Changes nothing.

import { defined, isCodedError } from '@fairlead/kit';
import { type Association, createSlurmInventory, type SlurmInventory, type SlurmPartition } from '@fairlead/scheduler';
import { listSshHosts } from '@fairlead/ssh';

import type { Context } from '../context.ts';
import { parseAnswers } from '../doctor/ask-host.ts';
import type { Host } from '@fairlead/launch';

export interface SiteFound {
  clusterName?: string;
  version?: string;
  partitions: SlurmPartition[];
  /** Absent where the site keeps none. */
  associations?: Association[];
  /** A directory of the user's on a large file system. */
  scratch?: string;
  hfHome?: string;
  node?: string;
  /** On the PATH of a login shell, as jobs have it. */
  vllm?: string;
  /** In environments elsewhere. */
  vllmElsewhere: string[];
  modules: string[];
}

/** None where the file cannot be read: it is only for suggestions. */
export async function discoverHosts(context: Context): Promise<string[]> {
  try {
    return await listSshHosts(context.home);
  } catch (error) {
    if (isCodedError(error, 'ssh_config_invalid')) return [];
    throw error;
  }
}

export async function discoverSite(host: Host, context: Context): Promise<SiteFound> {
  const inventory = createSlurmInventory(host.runner);
  const slurm = await discoverSlurm(inventory, host.facts.user, context.signal);
  const { code, stdout } = await host.runner.run(['bash', '-lc', environmentScript], {
    timeoutMs: 45_000,
    signal: context.signal,
  });
  const { node } = host.facts;
  return { ...slurm, ...defined({ node }), ...readEnvironment(code === null ? '' : stdout) };
}

/** A site whose Slurm does not answer just now is set up without its lists. */
async function discoverSlurm(
  inventory: SlurmInventory,
  user: string,
  signal: AbortSignal,
): Promise<Pick<SiteFound, 'clusterName' | 'version' | 'partitions' | 'associations'>> {
  try {
    const { clusterName, version } = await inventory.config(signal);
    const accounts = await inventory.associations(user, signal);
    return {
      partitions: await inventory.partitions(signal),
      ...defined({ clusterName, version }),
      ...(accounts.ok ? { associations: accounts.associations } : {}),
    };
  } catch (error) {
    signal.throwIfAborted();
    if (!isCodedError(error)) throw error;
    return { partitions: [] };
  }
}

// What sites name a user's scratch space differs: their own variables go first, then the two paths most of them use.
const environmentScript = `
for folder in "$SCRATCH" "$WORK" "/scratch/$(id -un)" "/work/$(id -un)"; do
  if [ -n "$folder" ] && [ -d "$folder" ] && [ -w "$folder" ]; then echo "scratch=$folder"; break; fi
done
echo "hfHome=$HF_HOME"
echo "vllm=$(command -v vllm 2>/dev/null)"
shopt -s nullglob
count=0
for program in "$HOME"/{,.}venv*/bin/vllm "$HOME"/*/{,.}venv*/bin/vllm "$HOME"/*/bin/vllm "$HOME"/{miniconda3,miniforge3,anaconda3,.conda,mambaforge}/envs/*/bin/vllm "$SCRATCH"/*/bin/vllm; do
  [ -x "$program" ] && echo "elsewhere$((count += 1))=$program"
  [ "$count" -ge 5 ] && break
done
if type module >/dev/null 2>&1; then
  count=0
  for name in $(module -t avail vllm 2>&1 | grep -i '^[^: ]*vllm[^: ]*$' | head -n 5); do echo "module$((count += 1))=$name"; done
fi
`;

export function readEnvironment(
  stdout: string,
): Pick<SiteFound, 'scratch' | 'hfHome' | 'vllm' | 'vllmElsewhere' | 'modules'> {
  const answers = parseAnswers(stdout);
  const path = (key: string) => (answers.get(key)?.startsWith('/') ? { [key]: answers.get(key) } : {});
  const numbered = (prefix: string) =>
    [...answers].filter(([key]) => new RegExp(`^${prefix}\\d$`).test(key)).map(([, value]) => value);
  const vllm = answers.get('vllm');
  return {
    ...path('scratch'),
    ...path('hfHome'),
    ...path('vllm'),
    vllmElsewhere: [...new Set(numbered('elsewhere'))].filter((program) => program !== vllm),
    modules: numbered('module'),
  };
}
