// `fairlead uninstall`: takes away what Fairlead has put on clusters, the bastion and this machine, and says what it leaves.

import { profilePath } from '@fairlead/client';
import { CodedError, errorText, Scope } from '@fairlead/kit';
import type { DeploymentView } from '@fairlead/protocol';
import { type FairleadConfig, loadConfig } from '@fairlead/config';

import { configPlaceOf } from '../config/config-place.ts';
import type { CliErrorCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { profileIfThere } from '../bastion/ensure-held-profile.ts';
import { liveDeployments, stopDeployments } from '../uninstall/live-deployments.ts';
import { type BastionAtHand, openBastion } from '../uninstall/open-bastion.ts';
import { type Parts, partsInWords, pickParts, type UninstallFlags } from '../uninstall/pick-parts.ts';
import { reportSwept } from '../uninstall/report-swept.ts';
import type { Swept } from '../uninstall/sweep-host.ts';
import { sweepLaptop } from '../uninstall/sweep-laptop.ts';
import { sweepBastion, sweepCluster, type Sweeping, undone } from '../uninstall/sweep-parts.ts';

export interface UninstallArgs extends UninstallFlags {
  yes: boolean;
  /** Cuts requests that are in flight, and goes on where control cannot be asked. */
  force: boolean;
  dryRun: boolean;
}

export async function runUninstall(args: UninstallArgs, context: Context): Promise<void> {
  const { config } = await loadConfig(configPlaceOf(context));
  const profile = await profileIfThere(profilePath(context.env, context.home));
  const parts = pickParts(args, config);
  await using scope = new Scope();
  const bastion = await bastionFor(parts, () => openBastion(profile, config, context), { args, context, scope });
  const live = profile && bastion?.hasGate ? await liveFor(parts, args, context) : [];
  if (!args.dryRun) {
    await agree({ args, parts, live }, context);
    await stopAll(live, { args, config, parts }, context);
  }
  const swept = await sweepAll(parts, { mode: args.dryRun ? 'list' : 'remove', bastion, profile, context });
  reportSwept(swept, { live, dryRun: args.dryRun }, context);
}

async function stopAll(
  live: readonly DeploymentView[],
  { args, config, parts }: { args: UninstallArgs; config: FairleadConfig; parts: Parts },
  context: Context,
): Promise<void> {
  try {
    await stopDeployments(live, { config, now: args.force, context });
  } catch (error) {
    if (context.signal.aborted) throw interrupted([], [partsInWords(parts)]);
    throw error;
  }
}

async function bastionFor(
  parts: Parts,
  open: () => Promise<BastionAtHand | undefined>,
  { args, context, scope }: { args: UninstallArgs; context: Context; scope: Scope },
): Promise<BastionAtHand | undefined> {
  if (!parts.bastion && parts.clusters.length === 0) return undefined;
  try {
    const bastion = await open();
    return bastion && scope.use(bastion);
  } catch (error) {
    context.signal.throwIfAborted();
    if (!args.force) throw error;
    context.output.warn(`going on without the bastion: ${errorText(error)}`);
    return undefined;
  }
}

async function liveFor(parts: Parts, args: UninstallArgs, context: Context): Promise<DeploymentView[]> {
  try {
    return await liveDeployments(context, { clusters: parts.clusters, all: parts.bastion });
  } catch (error) {
    context.signal.throwIfAborted();
    if (args.force) return [];
    throw new CodedError<CliErrorCode>(
      'deployments_live',
      `cannot tell whether deployments are live because control does not answer: ${errorText(error)}`,
      {
        hint: 'Mend it (`fairlead doctor`), or say --force: jobs of ours that are in the queue are cancelled then.',
        cause: error,
      },
    );
  }
}

interface Agreement {
  args: UninstallArgs;
  parts: Parts;
  live: readonly DeploymentView[];
}

/** Resolves when the user agrees. Throws when the user declines, and when there is no terminal to ask at. */
async function agree({ args, parts, live }: Agreement, context: Context): Promise<void> {
  if (args.yes || args.force) return;
  const names = live.map(({ name }) => name).join(', ');
  if (!context.ask) {
    if (live.length > 0)
      throw new CodedError<CliErrorCode>(
        'deployments_live',
        `cannot uninstall because deployments are live: ${names}`,
        {
          hint: 'Stop them first, or say --yes to have them drained and stopped, --force to have them cut.',
        },
      );
    throw new CodedError<CliErrorCode>(
      'needs_answer',
      `cannot ask whether to remove Fairlead from ${partsInWords(parts)}`,
      {
        hint: 'Say --yes; --dry-run shows what would go.',
      },
    );
  }
  const first = live.length > 0 ? `Stop ${names}, then remove` : 'Remove';
  if (await context.ask.confirm(`${first} Fairlead from ${partsInWords(parts)}?`, false)) return;
  throw new CodedError<CliErrorCode>('interrupted', 'nothing was removed');
}

/** Each part by itself; the profile goes last and only after everything else went, for it is the way back to the rest. */
async function sweepAll(parts: Parts, sweeping: Sweeping): Promise<Swept[]> {
  const { context, mode } = sweeping;
  const todo: Array<[string, () => Promise<Swept[]>]> = [
    ...parts.clusters.map((cluster): [string, () => Promise<Swept[]>] => [
      `cluster ${cluster.name}`,
      () => sweepCluster(cluster, sweeping),
    ]),
    ...(parts.bastion ? [['the bastion', () => sweepBastion(sweeping)] as [string, () => Promise<Swept[]>]] : []),
  ];
  const swept: Swept[] = [];
  let failures = 0;
  for (const [index, [part, sweep]] of todo.entries()) {
    try {
      swept.push(...(await sweep()));
    } catch (error) {
      if (context.signal.aborted)
        throw interrupted(swept, [
          ...todo.slice(index).map(([name]) => name),
          ...(parts.laptop ? ['this machine'] : []),
        ]);
      failures += 1;
      swept.push(undone(part, error));
    }
  }
  if (!parts.laptop) return swept;
  if (failures > 0 && mode === 'remove')
    return [...swept, undone('this machine', new Error('it is the way back to what is left'))];
  return [...swept, ...(await sweepLaptop(context, mode, parts.withConfig))];
}

function interrupted(swept: readonly Swept[], left: readonly string[]): CodedError<CliErrorCode> {
  const done = swept.filter(({ kind }) => kind === 'removed').length;
  return new CodedError(
    'interrupted_with_remains',
    `interrupted: ${done} things were removed; not done: ${left.join(', ')}`,
    {
      hint: 'Run `fairlead uninstall` again: it goes on where it was.',
    },
  );
}
