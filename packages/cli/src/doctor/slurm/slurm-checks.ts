// Slurm as this user sees it: commands, controller, partitions, accounts, and whether what is configured fits.

import { defined } from '@fairlead/kit';
import type { Check } from '../check.ts';
import { passed } from '../check.ts';
import type { Inspection } from '../inspection.ts';
import { askCommands } from './commands.ts';
import { type AccountFacts, judgeAccount, judgeQos } from './judge-account.ts';
import { describePartition, judgeFit, judgeGpu, judgePartition, judgeTime } from './judge-request.ts';
import { askShellSettings } from './shell-settings.ts';
import { askTestOnly } from './test-only.ts';
import { partitionOf, wantedJobOf } from './wanted-job.ts';

/** When the controller is down, each Slurm command takes up to 15 s to notice it. */
const slowMs = 120_000;

export function slurmChecks(): Check[] {
  return [
    {
      id: 'slurm.commands',
      title: 'Slurm: commands',
      tried: 'looked for sbatch and the others',
      needs: ['login.shell'],
      run: async (inspection, signal) =>
        askCommands(await inspection.login.host(), (await inspection.cluster()).config.slurm?.binDir, signal),
    },
    {
      id: 'slurm.shell',
      title: 'Slurm: what the login shell sets',
      tried: 'looked for variables (SBATCH_ACCOUNT, …), which Fairlead does not use',
      needs: ['login.shell'],
      run: async (inspection, signal) =>
        askShellSettings(await inspection.login.host(), (await inspection.cluster()).config.slurm ?? {}, signal),
    },
    {
      id: 'slurm.version',
      title: 'Slurm: version',
      tried: 'ran sinfo --version',
      needs: ['slurm.commands'],
      run: async (inspection, signal) => passed(await (await inspection.inventory()).version(signal)),
    },
    {
      id: 'slurm.answers',
      title: 'Slurm: the controller answers',
      tried: 'asked for the partitions (sinfo)',
      needs: ['slurm.commands'],
      limitMs: slowMs,
      async run(inspection) {
        const partitions = await inspection.partitions();
        const { clusterName } = await (await inspection.inventory()).config(inspection.context.signal);
        return passed(`cluster ${clusterName ?? 'without a name'}: ${partitions.map(describePartition).join('; ')}`);
      },
    },
    ...requestChecks(),
    ...resourceChecks(),
    {
      id: 'slurm.test-only',
      title: 'Slurm: would take a job',
      tried: 'showed it the job script of a deployment (sbatch --test-only)',
      needs: ['slurm.partition', 'login.state-dir'],
      limitMs: slowMs,
      run: askTestOnly,
    },
  ];
}

function requestChecks(): Check[] {
  const needs = ['slurm.fit'];
  return [
    {
      id: 'slurm.fit',
      title: 'Slurm: room for the model',
      tried: 'planned the model that was named for the GPUs of this site, as deploy does',
      needs: ['slurm.answers'],
      limitMs: slowMs,
      run: async (inspection) => judgeFit(inspection.args.model, await wantedJobOf(inspection)),
    },
    {
      id: 'slurm.partition',
      title: 'Slurm: partition',
      tried: 'looked for the partition that is configured, or that the plan takes',
      needs,
      run: async (inspection, signal) =>
        judgePartition(
          { ...(await wantedNames(inspection)) },
          await inspection.partitions(),
          await (await inspection.inventory()).partitionRules(signal),
        ),
    },
    {
      id: 'slurm.account',
      title: 'Slurm: account',
      tried: 'compared slurm.account with your associations (sacctmgr)',
      needs,
      run: async (inspection, signal) =>
        judgeAccount(await wantedNames(inspection), await accountFacts(inspection, signal)),
    },
    {
      id: 'slurm.qos',
      title: 'Slurm: QOS',
      tried: 'compared slurm.qos and the time limit with your associations and the limits of the QOS (sacctmgr)',
      needs,
      run: async (inspection, signal) =>
        judgeQos(await wantedJobOf(inspection), await accountFacts(inspection, signal)),
    },
  ];
}

/** What a job would ask of the partition. */
function resourceChecks(): Check[] {
  return [
    {
      id: 'slurm.gpu',
      title: 'Slurm: GPUs',
      tried: 'compared gpu.type and the number of GPUs with what the nodes have',
      needs: ['slurm.partition'],
      async run(inspection) {
        const wanted = await wantedJobOf(inspection);
        const partitions = await inspection.partitions();
        return judgeGpu(wanted, partitionOf(partitions, wanted.partition), partitions);
      },
    },
    {
      id: 'slurm.time',
      title: 'Slurm: time limit',
      tried: 'compared the time limit that jobs would ask for with that of the partition',
      needs: ['slurm.partition'],
      async run(inspection) {
        const wanted = await wantedJobOf(inspection);
        return judgeTime(wanted, partitionOf(await inspection.partitions(), wanted.partition));
      },
    },
  ];
}

async function wantedNames(inspection: Inspection): Promise<{ partition?: string; account?: string; qos?: string }> {
  const { partition, account, qos } = await wantedJobOf(inspection);
  return defined({ partition, account, qos });
}

async function accountFacts(inspection: Inspection, signal: AbortSignal): Promise<AccountFacts> {
  const inventory = await inspection.inventory();
  const { user } = (await inspection.login.host()).facts;
  const { partition } = await wantedNames(inspection);
  const used = partition ?? partitionOf(await inspection.partitions(), undefined)?.name;
  return {
    accounts: await inventory.associations(user, signal),
    qosLimits: await inventory.qosLimits(signal),
    config: await inventory.config(signal),
    rules: await inventory.partitionRules(signal),
    partition: used,
  };
}
