// `fairlead init`: what it needs to know, from flags, from the configuration that is there, or from a person. Asks only what is left.

import { CodedError, defined } from '@fairlead/kit';
import { asList, type ClusterConfig, type ClusterRoute, type FairleadConfig } from '@fairlead/config';
import type { SshRoute } from '@fairlead/protocol';

import type { CliErrorCode } from '../cli-error.ts';
import type { Asker } from '../context.ts';
import { hostAndPort } from '@fairlead/launch/login';

export interface InitArgs {
  yes: boolean;
  bastion?: string | undefined;
  bastionInside?: string | undefined;
  cluster?: string | undefined;
  login?: string | undefined;
  local: boolean;
  partition?: string | undefined;
  account?: string | undefined;
  gpuType?: string | undefined;
  /** A name, a path or a Git URL of a site profile. */
  site?: string | undefined;
}

/** Which hosts there are; what the cluster is called and asks of Slurm comes after the login host was asked. */
export interface HostAnswers {
  bastion: string;
  inside?: string;
  /** Absent: jobs run here. */
  login?: string;
  /** Absent: the cluster is new and has no name yet. */
  cluster?: string;
}

/** `hosts`: names of ~/.ssh/config to choose from. */
export async function answerHosts(
  args: InitArgs,
  config: FairleadConfig,
  asking: { ask: Asker | undefined; hosts: readonly string[] },
): Promise<HostAnswers> {
  const { ask } = asking;
  const { fromLaptop, fromCluster } = config.bastion ?? {};
  const before = fromLaptop && asList(fromLaptop)[0]?.host;
  const bastion =
    args.bastion ??
    before ??
    (await chooseHost(asking, {
      flag: '--bastion',
      question: 'Which SSH host do both this machine and the cluster reach (the bastion)?',
      placeholder: 'bastion.example.org',
    }));
  const inside =
    args.bastionInside ??
    (fromCluster && asList(fromCluster)[0]?.host) ??
    // A bastion that is configured without one needs none.
    (before === undefined
      ? await optional(ask, `What is ${bastion} called from a compute node? (empty: the same)`)
      : undefined);
  const [first] = Object.keys(config.clusters ?? {});
  const cluster = args.cluster ?? config.defaultCluster ?? first;
  const known = cluster === undefined ? undefined : config.clusters?.[cluster];
  const isLocal = args.local || known?.kind === 'local';
  const login = isLocal
    ? undefined
    : (args.login ??
      known?.login?.host ??
      (await chooseHost(asking, {
        flag: '--login',
        question: 'Which SSH host takes sbatch (the login node)?',
        placeholder: 'login.example.org',
      })));
  return {
    bastion,
    ...defined({ inside, login, cluster }),
  };
}

/** The name of a new cluster: a person's, else what Slurm calls it. */
export async function answerName(slurmName: string | undefined, ask: Asker | undefined): Promise<string> {
  const own = (slurmName ?? '').replaceAll(/[^A-Za-z0-9_-]/g, '-').replace(/^[^A-Za-z]+/, '');
  const fallback = own === '' ? 'cluster' : own.slice(0, 63);
  return (await optional(ask, `A short name for your cluster (empty: ${fallback})`)) ?? fallback;
}

/** What is configured for the cluster, with the flags laid over it. */
export function clusterWith(
  args: InitArgs,
  known: ClusterConfig | undefined,
  login: string | undefined,
): ClusterConfig {
  const slurm = {
    ...known?.slurm,
    ...(args.partition && { partition: args.partition }),
    ...(args.account && { account: args.account }),
  };
  const gpu = { ...known?.gpu, ...(args.gpuType && { type: args.gpuType }) };
  return {
    ...(login ? { login: routeOf(login, known?.login) } : { kind: 'local' as const }),
    ...known,
    ...(login ? { login: routeOf(login, known?.login) } : {}),
    ...(args.local ? { kind: 'local' as const } : {}),
    ...(Object.keys(slurm).length > 0 ? { slurm } : {}),
    ...(Object.keys(gpu).length > 0 ? { gpu } : {}),
  };
}

/** The configuration that the answers make, laid over what is there. */
export function configWith(
  config: FairleadConfig,
  hosts: HostAnswers,
  cluster: { name: string; config: ClusterConfig },
): FairleadConfig {
  const { bastion, inside } = hosts;
  return {
    ...config,
    defaultCluster: config.defaultCluster ?? cluster.name,
    bastion: {
      ...config.bastion,
      fromLaptop: firstRoute(config.bastion?.fromLaptop, (known) => routeOf(bastion, known)),
      ...(inside && {
        fromCluster: firstRoute<ClusterRoute>(config.bastion?.fromCluster, (known) => ({
          ...known,
          ...hostAndPort(inside),
        })),
      }),
    },
    clusters: { ...config.clusters, [cluster.name]: cluster.config },
  };
}

/** The first route is what the answer is about; a list keeps its others where that one stays the same host. */
function firstRoute<Route extends { host?: string | undefined }>(
  known: Route | readonly Route[] | undefined,
  change: (first: Route | undefined) => Route,
): Route | Route[] {
  if (known === undefined) return change(undefined);
  const [first, ...others] = asList<Route>(known);
  const changed = change(first);
  return Array.isArray(known) && changed.host === first?.host ? [changed, ...others] : changed;
}

/** What is known of a host stays, such as its identity file; what was known of another one does not. */
function routeOf(answer: string, known: SshRoute | undefined): SshRoute {
  const named = hostAndPort(answer);
  return named.host === known?.host ? { ...known, ...named } : named;
}

interface HostQuestion {
  flag: string;
  question: string;
  placeholder: string;
}

const otherUid = '';

async function chooseHost(
  { ask, hosts }: { ask: Asker | undefined; hosts: readonly string[] },
  { flag, question, placeholder }: HostQuestion,
): Promise<string> {
  if (!ask) {
    const known = hosts.length > 0 ? ` Hosts in ~/.ssh/config: ${hosts.join(', ')}.` : '';
    throw new CodedError<CliErrorCode>('needs_answer', `cannot go on without an answer: ${question}`, {
      hint: `Give it with ${flag}, or run \`fairlead init\` in a terminal.${known}`,
    });
  }
  if (hosts.length > 0) {
    const chosen = await ask.choose(question, [
      ...hosts.map((host) => ({ value: host, label: host })),
      { value: otherUid, label: 'another one' },
    ]);
    if (chosen !== otherUid) return chosen;
  }
  const check = (value: string) => (value.trim() === '' ? 'A name is needed.' : undefined);
  return (await ask.text(question, { placeholder, check })).trim();
}

async function optional(ask: Asker | undefined, question: string): Promise<string | undefined> {
  const answer = (await ask?.text(question, {}))?.trim() ?? '';
  return answer === '' ? undefined : answer;
}
