// Holds what is configured against what Slurm offers: partition, GPU type, time limit. Pure.

import { formatSlurmDuration, type PartitionRules, type SlurmPartition } from '@fairlead/scheduler';

import { nearestNames } from '@fairlead/kit';
import { fail, type Finding, passed, warn } from '../check.ts';
import type { WantedJob } from './wanted-job.ts';

export function describePartition({ name, isDefault, maxMinutes, gpus, nodes, usableNodes }: SlurmPartition): string {
  const limit = maxMinutes === undefined ? '' : `, up to ${formatSlurmDuration(maxMinutes)}`;
  const kinds = gpus.map(({ type, perNode }) => `${perNode} ${type ?? 'untyped'}`).join(' or ');
  return `${name}${isDefault ? ' (default)' : ''}: ${usableNodes} of ${nodes} nodes usable${limit}, ${kinds ? `GPUs a node: ${kinds}` : 'no GPUs'}`;
}

/** What does not fit was refused by the planner. */
export function judgeFit(model: string | undefined, { plan, partition, unplanned }: WantedJob): Finding {
  if (model === undefined) return passed('no model was named: fairlead doctor <model>');
  if (unplanned !== undefined)
    return warn(unplanned, `Whether it fits is not known. Check the name, or plan it yourself: fairlead plan ${model}`);
  const [{ why: from } = { why: '' }] = plan.reasons;
  if (from === '') return passed(`${model} is not planned: the settings say what its job asks for`);
  const gpus = `${plan.gpus} GPU${plan.gpus === 1 ? '' : 's'}`;
  return passed(`${model}: ${gpus}${partition === undefined ? '' : ` of partition ${partition}`} (${from})`);
}

export function judgePartition(
  wanted: Pick<WantedJob, 'partition'>,
  partitions: readonly SlurmPartition[],
  rules: readonly PartitionRules[],
): Finding {
  const names = partitions.map(({ name }) => name);
  const todo = `Set slurm.partition to one of: ${names.join(', ') || 'none is shown to this account'}.`;
  if (wanted.partition?.includes(',')) return passed(`${wanted.partition}: Slurm chooses among them`);
  const found = partitions.find(({ name, isDefault }) =>
    wanted.partition === undefined ? isDefault : name === wanted.partition,
  );
  if (!found && wanted.partition === undefined)
    return fail('no partition is set, and the cluster has no default one', todo);
  if (!found) {
    const [near] = nearestNames(wanted.partition ?? '', names);
    return fail(`there is no partition ${wanted.partition}${near ? `; did you mean ${near}?` : ''}`, todo);
  }
  const state = rules.find(({ name }) => name === found.name)?.state;
  if (!found.isUp || (state !== undefined && state !== '' && state !== 'UP'))
    return fail(`partition ${found.name} is ${state || 'down'}`, `Wait, or ask the site. ${todo}`);
  if (found.usableNodes === 0)
    return fail(
      `no node of ${found.name} takes jobs now: all ${found.nodes} are down or drained`,
      `Jobs would wait: ask the site what is wrong (sinfo -R says since when), or use another partition. ${todo}`,
    );
  return passed(describePartition(found));
}

export function judgeGpu(
  wanted: WantedJob,
  partition: SlurmPartition | undefined,
  all: readonly SlurmPartition[],
): Finding {
  const { gpuType, plan } = wanted;
  if (!partition) return passed('Slurm chooses the partition: sbatch says below whether it fits');
  const types = partition.gpus.flatMap(({ type }) => (type === undefined ? [] : [type]));
  const offers = partition.gpus.map(({ type, perNode }) => `${perNode} ${type ?? 'untyped'}`).join(', ') || 'none';
  const untyped = partition.gpus.filter(({ type }) => type === undefined);
  const isUnchecked = gpuType !== undefined && !types.includes(gpuType) && untyped.length > 0;
  if (gpuType !== undefined && !types.includes(gpuType) && !isUnchecked) {
    const [near] = nearestNames(gpuType, types);
    const elsewhere = all.filter(({ gpus }) => gpus.some(({ type }) => type === gpuType)).map(({ name }) => name);
    const where = elsewhere.length > 0 ? ` Partitions with ${gpuType}: ${elsewhere.join(', ')}.` : '';
    return fail(
      `partition ${partition.name} has no GPUs of type ${gpuType}${near ? `; did you mean ${near}?` : ''}; it has ${offers}`,
      types.length > 0
        ? `Set gpu.type to ${types.join(' or ')}, or another partition.${where}`
        : `Set another partition.${where}`,
    );
  }
  if (partition.gpus.length === 0)
    return warn(
      `partition ${partition.name} has no GPUs`,
      'The simulator runs there; real models want a partition with GPUs.',
    );
  const most = Math.max(
    ...partition.gpus
      .filter(({ type }) => gpuType === undefined || type === (isUnchecked ? undefined : gpuType))
      .map(({ perNode }) => perNode),
  );
  if (plan.gpus > most)
    return fail(
      `${plan.gpus} GPUs on one node are asked for, and no node has more than ${most}`,
      'Ask for fewer (--gpus), or another partition.',
    );
  if (isUnchecked)
    return warn(
      `the type ${gpuType} cannot be checked: partition ${partition.name} gives its GPUs no type (a node has ${offers})`,
      untypedAdvice(gpuType, partition),
    );
  return passed(`GPUs a node: ${offers}`);
}

/** Where Slurm knows no types, a partition or a feature of the nodes chooses the GPUs. */
function untypedAdvice(gpuType: string, { features }: SlurmPartition): string {
  const feature = features.find((name) => name.toLowerCase().includes(gpuType.toLowerCase()));
  if (feature !== undefined)
    return `Remove gpu.type and set slurm.constraint: ${feature}, a feature of nodes there; else Slurm may refuse the job.`;
  return 'If Slurm refuses the job below, remove gpu.type: the partition, or slurm.constraint (sinfo -o "%P %f"), chooses the GPUs.';
}

export function judgeTime({ plan, timeFrom }: WantedJob, partition: SlurmPartition | undefined): Finding {
  const asked = formatSlurmDuration(plan.timeMinutes);
  if (partition?.maxMinutes === undefined) return passed(`${asked} (${timeFrom}); the partition's limit is not shown`);
  const most = formatSlurmDuration(partition.maxMinutes);
  if (plan.timeMinutes <= partition.maxMinutes) return passed(`${asked} (${timeFrom}) of at most ${most}`);
  return fail(
    `jobs would ask for ${asked} (${timeFrom}), and partition ${partition.name} allows ${most}: they would wait for ever`,
    `Set slurm.time to ${most} or less, give --time at each deploy, or choose another partition.`,
  );
}
