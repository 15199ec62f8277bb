// A plan in words. Pure.

import { plannedEngine } from '@fairlead/config';
import { showServeCommand } from '@fairlead/engines';
import { shellJoin } from '@fairlead/kit';
import {
  type Change,
  type FittingPlan,
  gibWords,
  gpuLabel,
  layoutWords,
  type ModelFacts,
  type Place,
  type PlanRefusal,
  type SiteProfile,
  type Wish,
} from '@fairlead/planner';

import { table } from '../output/table.ts';
import { costWords } from './sized-text.ts';

/** What was planned for one place, and what would make it fit one node where it does not. */
export type PlacePlan = (FittingPlan | PlanRefusal) & { changes: readonly Change[] };

interface Planned {
  wish: Wish;
  plans: readonly PlacePlan[];
}

/** Each place with its numbers and their reasons, or with what would do. */
export function planText(
  model: ModelFacts,
  { wish, plans, site }: Planned & { site: SiteProfile | undefined },
): string {
  const parts = plans.map((plan) => (plan.fits ? fittingText(plan) : refusalText(plan)));
  const notes = (site?.notes ?? []).map((note) => `note  ${note}`).join('\n');
  return [headText(model, wish, site?.title), ...parts, notes].filter(Boolean).join('\n\n');
}

/** A line for each GPU type. */
export function overviewText(model: ModelFacts, { wish, plans }: Planned): string {
  const rows = plans.map((plan) => [
    gpuLabel(plan.place.gpu),
    plan.fits ? layoutWords(plan.layout) : '-',
    plan.fits ? gibWords(plan.memory.free) : '-',
    plan.fits ? plan.warnings.join('; ') : plan.why,
  ]);
  const [any] = plans;
  const where = any ? ` on ${supplyWords(any.place)}` : '';
  const more = `Why, and for how much: fairlead plan ${model.name} --gpu <gpu>, or --site <site>.`;
  return `${headText(model, wish)}${where}\n\n${table(['GPU', 'NEEDS', 'LEFT EACH', ''], rows)}\n\n${more}`;
}

function supplyWords({ gpusPerNode, nodes }: Place): string {
  return `${nodes === 1 ? 'a node' : `${nodes} nodes`} of ${gpusPerNode} GPU${gpusPerNode === 1 ? '' : 's'}`;
}

function headText({ name, model, quantization }: ModelFacts, wish: Wish, site?: string): string {
  const where = site === undefined ? '' : ` on ${site}`;
  return `${name} (${model}, ${quantization.toUpperCase()}) for ${wish.concurrency} × ${wish.context} tokens${where}`;
}

function fittingText(plan: FittingPlan & { changes: readonly Change[] }): string {
  const { place, model, layout, reasons, cost, warnings, changes } = plan;
  const lines = reasons.map(({ of, why }) => row(of, why));
  const price = cost ? [row('cost', costWords(cost))] : [];
  return [
    `${place.label}: fits with ${layoutWords(layout)}`,
    ...lines,
    ...price,
    ...warnings.map((warning) => row('warning', warning)),
    ...changeRows(changes, 'instead'),
    row('command', shellJoin(showServeCommand(plannedEngine, model.model, plan).argv)),
  ].join('\n');
}

function refusalText({ place, why, changes, warnings }: PlanRefusal & { changes: readonly Change[] }): string {
  return [
    `${place.label}: does not fit`,
    row('why', why),
    ...warnings.map((warning) => row('warning', warning)),
    ...changeRows(changes, 'change'),
    ...(changes.length > 0 ? [] : [row('change', 'none of one step would do on one node')]),
  ].join('\n');
}

function changeRows(changes: readonly Change[], label: string): string[] {
  return changes.map(({ what, flags }) => row(label, flags === undefined ? what : `${what}: ${flags}`));
}

function row(label: string, text: string): string {
  return `  ${label.padEnd(8)}  ${text}`;
}
