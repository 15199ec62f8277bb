// What the planner chose for a deployment, and a cost, in words. Pure.

import { defined } from '@fairlead/kit';
import type { SizedDeployment, Spent } from '@fairlead/launch';
import type { Cost } from '@fairlead/planner';
import { formatSlurmDuration } from '@fairlead/scheduler';

import type { LineFields } from '../output/lines/json-line.ts';

/** One line for each choice with its reason; empty where the planner was not asked. */
export function reasonLines({ reasons }: Pick<SizedDeployment, 'reasons'>): string[] {
  return reasons.map(({ of, why }) => `${of.padEnd(9)} ${why}`);
}

export function sizedText(plan: SizedDeployment): string {
  const { gpus, nodes, timeMinutes, partition, cost } = plan;
  const where = partition === undefined ? '' : ` in partition ${partition}`;
  const price = cost ? `, ${costWords(cost)}` : '';
  const head = `planned: ${gpuWords(gpus, nodes)}${where} for ${formatSlurmDuration(timeMinutes)}${price}`;
  return [head, ...reasonLines(plan).map((line) => `        ${line}`)].join('\n');
}

/** `gpus` are those of each node. */
export function gpuWords(gpus: number, nodes: number): string {
  const words = gpus === 0 ? 'no GPU' : `${gpus} GPU${gpus === 1 ? '' : 's'}`;
  return nodes === 1 ? words : `${nodes} nodes with ${words} each`;
}

export function sizedFields(plan: SizedDeployment): LineFields<'deployment.sized'> {
  const { name, gpus, nodes, timeMinutes, partition, gpuType, mem, cpusPerTask, reasons, cost } = plan;
  return {
    name,
    gpus,
    nodes,
    timeMinutes,
    ...defined({ partition, gpuType, mem, cpusPerTask, cost }),
    reasons: [...reasons],
  };
}

export function costWords({ perHour, wholeJob, unit }: Cost): string {
  return `${money(perHour)} ${unit} an hour, ${money(wholeJob)} ${unit} for the whole time`;
}

export function spentWords({ perHour, total, unit }: Spent): string {
  return `${money(total)} ${unit}${perHour > 0 ? ` so far, ${money(perHour)} ${unit} an hour` : ''}`;
}

export function money(amount: number): string {
  return amount >= 100 ? amount.toFixed(0) : amount.toFixed(amount >= 1 || amount === 0 ? 1 : 2);
}
