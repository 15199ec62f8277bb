// What `fairlead init` finds out by itself: the hosts of ~/.ssh/config, and on the login host what Slurm and the environment offer. Changes nothing.

import { engineKinds } from '@fairlead/engines';
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
  /** What there is of each engine that a site may have installed. */
  engines: EngineFound[];
}

export interface EngineFound {
  /** As in `engines.<name>`. */
  name: string;
  /** On the PATH of a login shell, as jobs have it. */
  program?: string;
  /** In environments elsewhere. */
  elsewhere: string[];
  modules: string[];
}

/** The engines to look for, with their command where the program is on the PATH. */
const installable = engineKinds.flatMap(({ name, program }) =>
  program.kind === 'installed' ? [{ name, command: program.command }] : [],
);

/** None where the file cannot be read: it is only for suggestions. */
export async function discoverHosts(context: Context): Promise<string[]> {
  try {
    return await listSshHosts(context.home);
  } catch (error) {
    if (isCodedError(error, 'ssh_config_invalid')) return [];
    throw error;
  }
}

/** As `engines.<name>.command` has it where the program is another one than that on the PATH. */
export function commandWith(program: string, { name }: EngineFound): string[] {
  const usual = installable.find((one) => one.name === name)?.command ?? [];
  return [program, ...usual.slice(1)];
}

export async function discoverSite(host: Host, context: Context): Promise<SiteFound> {
  const inventory = createSlurmInventory(host.runner);
  const slurm = await discoverSlurm(inventory, host.facts.user, context.signal);
  const searched = installable.map(({ name, command: [program] }) => `${name}=${program}`);
  const { code, stdout } = await host.runner.run(['bash', '-lc', environmentScript, 'bash', ...searched], {
    timeoutMs: 45_000,
    signal: context.signal,
  });
  const { node } = host.facts;
  return { ...slurm, ...(node === undefined ? {} : { node }), ...readEnvironment(code === null ? '' : stdout) };
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
      ...(clusterName === undefined ? {} : { clusterName }),
      ...(version === undefined ? {} : { version }),
      ...(accounts.ok ? { associations: accounts.associations } : {}),
    };
  } catch (error) {
    signal.throwIfAborted();
    if (!isCodedError(error)) throw error;
    return { partitions: [] };
  }
}

// Arguments: `<engine>=<program>` for each engine to look for. What sites name a user's scratch space differs: their own
// variables go first, then the two paths most of them use.
export const environmentScript = `
for folder in "$SCRATCH" "$WORK" "/scratch/$(id -un)" "/work/$(id -un)"; do
  if [ -n "$folder" ] && [ -d "$folder" ] && [ -w "$folder" ]; then echo "scratch=$folder"; break; fi
done
echo "hfHome=$HF_HOME"
shopt -s nullglob
for searched in "$@"; do
  engine=\${searched%%=*} program=\${searched#*=}
  echo "$engine.program=$(command -v "$program" 2>/dev/null)"
  count=0
  for found in "$HOME"/{,.}venv*/bin/"$program" "$HOME"/*/{,.}venv*/bin/"$program" "$HOME"/*/bin/"$program" "$HOME"/{miniconda3,miniforge3,anaconda3,.conda,mambaforge}/envs/*/bin/"$program" "$SCRATCH"/*/bin/"$program"; do
    [ -x "$found" ] && echo "$engine.elsewhere$((count += 1))=$found"
    [ "$count" -ge 5 ] && break
  done
  if type module >/dev/null 2>&1; then
    count=0
    for name in $(module -t avail "$program" 2>&1 | grep -i "^[^: ]*$program[^: ]*$" | head -n 5); do echo "$engine.module$((count += 1))=$name"; done
  fi
done
`;

export function readEnvironment(stdout: string): Pick<SiteFound, 'scratch' | 'hfHome' | 'engines'> {
  const answers = parseAnswers(stdout);
  const pathOf = (key: string) => (answers.get(key)?.startsWith('/') ? answers.get(key) : undefined);
  const numbered = (prefix: string) =>
    [1, 2, 3, 4, 5].flatMap((place) => {
      const value = answers.get(`${prefix}${place}`);
      return value === undefined ? [] : [value];
    });
  const engines = installable.map(({ name }) => {
    const program = pathOf(`${name}.program`);
    const elsewhere = [...new Set(numbered(`${name}.elsewhere`))].filter((path) => path !== program);
    return { name, ...defined({ program }), elsewhere, modules: numbered(`${name}.module`) };
  });
  return { ...defined({ scratch: pathOf('scratch'), hfHome: pathOf('hfHome') }), engines };
}
