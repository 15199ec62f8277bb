// `fairlead init`: what it needs to know, from flags, from the configuration that is there, or from a person. Asks only what is left.

import { CodedError } from '@fairlead/kit';
import type { FairleadConfig, SshRoute } from '@fairlead/protocol';

import type { CliErrorCode } from '../cli-error.ts';
import type { Asker } from '../context.ts';

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
}

/** The configuration that the answers make, laid over what is there. */
export async function answerQuestions(
  args: InitArgs,
  config: FairleadConfig,
  ask: Asker | undefined,
): Promise<FairleadConfig> {
  const bastion =
    args.bastion ??
    config.bastion?.fromLaptop.host ??
    (await required(
      ask,
      '--bastion',
      'Which SSH host do both this machine and the cluster reach (the bastion)?',
      'bastion.example.org',
    ));
  const inside =
    args.bastionInside ??
    config.bastion?.fromCluster?.host ??
    (await optional(args, ask, `What is ${bastion} called from a compute node? (empty: the same)`));
  const [first] = Object.keys(config.clusters ?? {});
  const cluster =
    args.cluster ??
    config.defaultCluster ??
    first ??
    (await optional(args, ask, 'A short name for your cluster')) ??
    'cluster';
  const known = config.clusters?.[cluster];
  const local = args.local || known?.kind === 'local';
  const login = local
    ? undefined
    : (args.login ??
      known?.login?.host ??
      (await required(ask, '--login', 'Which SSH host takes sbatch (the login node)?', 'login.example.org')));
  const slurm = {
    ...known?.slurm,
    ...(args.partition && { partition: args.partition }),
    ...(args.account && { account: args.account }),
  };
  const gpu = { ...known?.gpu, ...(args.gpuType && { type: args.gpuType }) };
  return {
    ...config,
    defaultCluster: config.defaultCluster ?? cluster,
    bastion: {
      ...config.bastion,
      fromLaptop: routeOf(bastion, config.bastion?.fromLaptop),
      ...(inside ? { fromCluster: { ...config.bastion?.fromCluster, ...hostAndPort(inside) } } : {}),
    },
    clusters: {
      ...config.clusters,
      [cluster]: {
        ...known,
        ...(local ? { kind: 'local' as const } : {}),
        ...(login ? { login: routeOf(login, known?.login) } : {}),
        ...(Object.keys(slurm).length > 0 ? { slurm } : {}),
        ...(Object.keys(gpu).length > 0 ? { gpu } : {}),
      },
    },
  };
}

/** What is known of a host stays, such as its identity file; what was known of another one does not. */
function routeOf(answer: string, known: SshRoute | undefined): SshRoute {
  const named = hostAndPort(answer);
  return named.host === known?.host ? { ...known, ...named } : named;
}

/** `me@host:2222` */
export function hostAndPort(text: string): { host: string; user?: string; port?: number } {
  const match = /^(?:([^@]+)@)?(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(text);
  if (!match) return { host: text };
  const host = (match[2] ?? text).replaceAll(/^\[|\]$/g, '');
  return { host, ...(match[1] ? { user: match[1] } : {}), ...(match[3] ? { port: Number(match[3]) } : {}) };
}

async function required(ask: Asker | undefined, flag: string, question: string, placeholder: string): Promise<string> {
  if (ask)
    return (
      await ask.text(question, {
        placeholder,
        check: (value) => (value.trim() === '' ? 'A name is needed.' : undefined),
      })
    ).trim();
  throw new CodedError<CliErrorCode>('needs_answer', `cannot go on without an answer: ${question}`, {
    hint: `Give it with ${flag}, or run \`fairlead init\` in a terminal.`,
  });
}

async function optional(args: InitArgs, ask: Asker | undefined, question: string): Promise<string | undefined> {
  if (!ask || args.yes) return undefined;
  const answer = (await ask.text(question, {})).trim();
  return answer === '' ? undefined : answer;
}
