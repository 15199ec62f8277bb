// The login host, or this machine where jobs run here: reached, quiet, with room, with a Node that runs.

import { join } from 'node:path/posix';

import { type Check, passed } from '../check.ts';
import { askClock } from '../host/clock.ts';
import { askDirectory, type DirectoryNeeds, judgeDirectory } from '../host/directory.ts';
import { askRuntime } from '../host/runtime.ts';
import { askShell } from '../host/shell.ts';
import { reachChecks } from '../reach/reach-checks.ts';
import type { Inspection } from '../inspection.ts';
import { askBastionFromCluster } from './bastion-from-cluster.ts';
import { askQuota } from './quota.ts';

const files: Omit<DirectoryNeeds, 'what' | 'setting'> = {
  leastKb: 20_480,
  goodKb: 524_288,
  runsPrograms: false,
  isLocal: false,
};

/** Agent and Node together. */
const runtimeKb = 204_800;

export function loginChecks(isLocal: boolean): Check[] {
  if (isLocal) return placeChecks(['laptop.cluster']);
  return [
    ...reachChecks({
      group: 'login',
      who: 'Login host',
      needs: ['laptop.cluster'],
      of: (inspection) => inspection.login,
    }),
    {
      id: 'login.shell',
      title: 'Login host: login shell',
      tried: 'ran echo through it',
      needs: ['login.login'],
      async run(inspection, signal) {
        const attempt = await inspection.login.attempt();
        if (!attempt.ok) throw attempt.error;
        return askShell(attempt.connection, signal);
      },
    },
    {
      id: 'login.clock',
      title: 'Login host: clock',
      tried: 'asked it for the time',
      needs: ['login.shell'],
      run: async (inspection, signal) =>
        askClock(await inspection.login.host(), () => inspection.context.clock.now(), { signal }),
    },
    ...placeChecks(['login.shell']),
    {
      id: 'login.quota',
      title: 'Login host: quota',
      tried: 'ran quota',
      needs: ['login.shell'],
      run: async (inspection, signal) => askQuota(await inspection.login.host(), signal),
    },
    {
      id: 'login.bastion',
      title: 'Login host: the bastion from inside',
      tried: "looked up the bastion's name inside the cluster, and knocked at its SSH port",
      needs: ['login.shell', 'bastion.name'],
      run: async (inspection, signal) => askBastionFromCluster(inspection, willRunJob(inspection), signal),
    },
  ];
}

/** What a job needs of the host on which its files lie. */
function placeChecks(needs: readonly string[]): Check[] {
  return [stateDir, runtimeDir, scratchDir, node].map((check) => ({ ...check, needs }));
}

const stateDir: Omit<Check, 'needs'> = {
  id: 'login.state-dir',
  title: 'Cluster: directory of job files',
  tried: 'wrote a file in it and looked how much is free',
  async run(inspection, signal) {
    const { state } = await inspection.login.paths();
    return judgeDirectory(await look(inspection, state, signal), {
      ...files,
      what: 'scripts and logs of jobs',
      setting: 'paths.state',
    });
  },
};

const runtimeDir: Omit<Check, 'needs'> = {
  id: 'login.runtime-dir',
  title: 'Cluster: directory of programs',
  tried: 'wrote and ran a small program in it, and looked how much is free',
  async run(inspection, signal) {
    const { runtime } = await inspection.login.paths();
    const facts = await look(inspection, runtime, signal);
    const isThere = await hasNode(inspection, runtime, signal);
    return judgeDirectory(facts, {
      ...files,
      what: 'the agent and Node',
      setting: 'paths.runtime',
      leastKb: isThere ? files.leastKb : runtimeKb,
      runsPrograms: true,
    });
  },
};

const scratchDir: Omit<Check, 'needs'> = {
  id: 'login.scratch',
  title: 'Cluster: scratch directory',
  tried: 'wrote and ran a small program in paths.scratch, where it exists here',
  async run(inspection, signal) {
    const { scratch } = await inspection.login.paths();
    if (scratch === undefined) return passed("paths.scratch is not set: jobs use the node's TMPDIR or /tmp");
    const facts = await look(inspection, scratch, signal);
    // Scratch may be local to each compute node; then only the test job sees it.
    if (facts.at !== scratch && !facts.isFile)
      return passed(`${scratch} is not on this host; compute nodes may have it`);
    return judgeDirectory(facts, {
      ...files,
      what: "the engine's caches",
      setting: 'paths.scratch',
      runsPrograms: true,
    });
  },
};

const node: Omit<Check, 'needs'> = {
  id: 'login.node',
  title: 'Cluster: Node',
  tried: 'looked which Node would run the agent',
  run: async (inspection, signal) =>
    askRuntime(await inspection.login.host(), (await inspection.login.cluster()).config.node, {
      context: inspection.context,
      setting: 'node (of the cluster)',
      signal,
    }),
};

/** As the login host sees it. */
async function look(inspection: Inspection, path: string, signal: AbortSignal) {
  return askDirectory(await inspection.login.host(), path, { signal });
}

/** Whether the test job will have the last word. */
export function willRunJob({ args, context }: Inspection): boolean {
  return args.job === 'yes' || (args.job === 'ask' && context.ask !== undefined);
}

async function hasNode(inspection: Inspection, runtime: string, signal: AbortSignal): Promise<boolean> {
  const { config } = await inspection.cluster();
  const host = await inspection.login.host();
  if (config.node !== undefined || host.facts.node !== undefined) return true;
  const found = await host.runner.run(['sh', '-c', 'ls "$1"/node-* 2>/dev/null', 'sh', join(runtime)], { signal });
  return found.stdout.trim() !== '';
}
