// Picks the place of a site where a model is deployed, or says why there is none and the smallest change that would do. Pure.

import { gpuLabel, missingFromVllm } from '../gpu.ts';
import type { ModelFacts } from '../model-preset.ts';
import { type Change, findChanges } from './find-changes.ts';
import { gpusOf } from './layout.ts';
import type { Wish } from './memory.ts';
import type { Place } from './place.ts';
import { type FittingPlan, hoursText, layoutWords, planModel, type PlanRefusal, type Reason } from './plan-model.ts';

export interface NoPlace {
  fits: false;
  /** One sentence for each place. */
  why: string;
  /** The smallest first; each was planned and fits. */
  changes: Change[];
}

/** `reasons` begins with that of the place. `hours`: how long the job is to last, where that is said. */
export function pickPlan(
  model: ModelFacts,
  places: readonly Place[],
  options: { wish: Wish; siblings: readonly ModelFacts[]; hours?: number },
): FittingPlan | NoPlace {
  const plans = places.map((place) => planModel(model, place, options.wish));
  const best = bestPlan(plans, options.hours);
  if (best) return { ...best, reasons: [placeReason(best, plans), ...best.reasons] };
  const refusals = plans.filter((plan) => !plan.fits);
  return {
    fits: false,
    why: refusals.map(({ place, why }) => `${place.label}: ${why}`).join('; '),
    changes: changesOf(model, places, options),
  };
}

/**
 * A GPU that vLLM supports goes first, then a partition that gives the time, then fewer GPUs, then fewer warnings, then the smaller GPU:
 * larger ones stay free for who needs them.
 */
export function bestPlan(
  plans: readonly (FittingPlan | PlanRefusal)[],
  hours: number = Infinity,
): FittingPlan | undefined {
  const fitting = plans.filter((plan) => plan.fits);
  // Partitions for tests end a job after minutes.
  const wantedHours = Math.min(hours, Math.max(0, ...fitting.map(({ job }) => job.hours)));
  const isCut = ({ job }: FittingPlan) => job.hours < wantedHours;
  return fitting.toSorted(
    (a, b) =>
      Number(isUnproven(a)) - Number(isUnproven(b)) ||
      Number(isCut(a)) - Number(isCut(b)) ||
      gpusOf(a.layout) - gpusOf(b.layout) ||
      a.warnings.length - b.warnings.length ||
      a.place.gpu.memoryGb - b.place.gpu.memoryGb,
  )[0];
}

/** Whether vLLM's installation page does not list the GPU. */
export function isUnproven({ place }: { place: Place }): boolean {
  return missingFromVllm(place.gpu) !== undefined;
}

function placeReason(best: FittingPlan, plans: readonly (FittingPlan | PlanRefusal)[]): Reason {
  const others = plans
    .filter(({ place }) => place !== best.place)
    .map((plan) => `${nameOf(plan.place)} ${plan.fits ? againstWords(plan, best) : 'does not fit'}`);
  const why = others.length === 0 ? 'the only one' : others.join(', ');
  return { of: 'place', why: `${nameOf(best.place)} (${gpuLabel(best.place.gpu)}): ${why}` };
}

function againstWords(plan: FittingPlan, best: FittingPlan): string {
  const { layout, place, job } = plan;
  const unproven = isUnproven(plan) ? ', which vLLM does not list' : '';
  const short = job.hours < best.job.hours ? `, for ${hoursText(job.hours)} h at most` : '';
  return `would take ${layoutWords(layout)} of ${gpuLabel(place.gpu)}${unproven}${short}`;
}

function nameOf({ partition, label }: Place): string {
  return partition ?? label;
}

function changesOf(
  model: ModelFacts,
  places: readonly Place[],
  options: { wish: Wish; siblings: readonly ModelFacts[] },
): Change[] {
  const changes = places.flatMap((place) => findChanges(model, place, options));
  const once = changes.filter(({ what }, at) => changes.findIndex((change) => change.what === what) === at);
  return once.toSorted((a, b) => sizeOf(a) - sizeOf(b));
}

/** Another wish is smaller than another format, and that smaller than other hardware. */
function sizeOf({ model, flags }: Change): number {
  if (model !== undefined) return 1;
  return flags === undefined ? 2 : 0;
}
