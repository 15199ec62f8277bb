// Finds changes that make a plan fit, the smallest first. Each change was planned and fits.

import { formatSupport, gpuLabel, gpus } from '../gpu.ts';
import type { ModelFacts } from '../model-preset.ts';
import { gpusOf } from './layout.ts';
import type { Wish } from './memory.ts';
import { type Place, placeOfGpu } from './place.ts';
import { layoutWords, planModel } from './plan-model.ts';

export interface Change {
  /** The change, in one clause. */
  what: string;
  /** The preset that replaces this one. */
  model?: string;
  /** The flags of `fairlead plan` for the change. */
  flags?: string;
}

/** A shorter context is too short for a conversation. */
const leastContext = 4096;
const contextStep = 1024;

export function findChanges(
  model: ModelFacts,
  place: Place,
  options: { wish: Wish; siblings: readonly ModelFacts[] },
): Change[] {
  const { wish, siblings } = options;
  const fits = (changed: Wish, preset = model) => planModel(preset, place, changed).fits;
  return [
    ...shorterThanWindow(model, wish, fits),
    ...fewerRequests(wish, fits),
    ...smallerCache(place, wish, fits),
    ...shorterContext(wish, fits),
    ...siblings.flatMap((sibling) => otherFormat(sibling, place, { wish, fits })),
    ...moreGpus(model, place, wish),
    ...otherGpu(model, place, wish),
  ];
}

type Fits = (changed: Wish, preset?: ModelFacts) => boolean;

function within({ context }: ModelFacts, wish: Wish): Wish {
  return { ...wish, context: Math.min(wish.context, context.tokens) };
}

function shorterThanWindow(model: ModelFacts, wish: Wish, fits: Fits): Change[] {
  const changed = within(model, wish);
  if (changed.context === wish.context || !fits(changed)) return [];
  return [{ what: `ask for at most ${changed.context} tokens`, flags: `--context ${changed.context}` }];
}

function fewerRequests(wish: Wish, fits: Fits): Change[] {
  const concurrency = largest(1, wish.concurrency - 1, (count) => fits({ ...wish, concurrency: count }));
  if (concurrency === undefined) return [];
  return [
    {
      what: `plan for ${concurrency} full-length request${concurrency === 1 ? '' : 's'} at a time`,
      flags: `--concurrency ${concurrency}`,
    },
  ];
}

function smallerCache({ gpu }: Place, wish: Wish, fits: Fits): Change[] {
  if (wish.kvCacheDtype === 'fp8' || formatSupport(gpu, 'fp8').kind !== 'native') return [];
  if (!fits({ ...wish, kvCacheDtype: 'fp8' })) return [];
  return [{ what: 'keep the KV cache in FP8', flags: '--kv-cache fp8' }];
}

function shorterContext(wish: Wish, fits: Fits): Change[] {
  const steps = largest(leastContext / contextStep, Math.ceil(wish.context / contextStep) - 1, (step) =>
    fits({ ...wish, context: step * contextStep, concurrency: 1 }),
  );
  if (steps === undefined) return [];
  const context = steps * contextStep;
  return [
    {
      what: `plan for one request of ${context} tokens at a time`,
      flags: `--context ${context} --concurrency 1`,
    },
  ];
}

/** The same model in another format, if necessary with a smaller cache or one request at a time. */
function otherFormat(sibling: ModelFacts, { gpu }: Place, { wish, fits }: { wish: Wish; fits: Fits }): Change[] {
  const whole = within(sibling, wish);
  const hasFp8 = formatSupport(gpu, 'fp8').kind === 'native';
  const tries: { changed: Wish; flags?: string }[] = [
    { changed: whole },
    ...(hasFp8 ? [{ changed: { ...whole, kvCacheDtype: 'fp8' as const }, flags: '--kv-cache fp8' }] : []),
    { changed: { ...whole, concurrency: 1 }, flags: '--concurrency 1' },
  ];
  const found = tries.find(({ changed }) => fits(changed, sibling));
  if (!found) return [];
  const what = `take ${sibling.name}, the same model in ${sibling.quantization.toUpperCase()}`;
  return [{ what, model: sibling.name, ...(found.flags === undefined ? {} : { flags: found.flags }) }];
}

function moreGpus(model: ModelFacts, { gpu }: Place, wish: Wish): Change[] {
  const plan = planModel(model, placeOfGpu(gpu, { gpusPerNode: 8, nodes: 1 }), within(model, wish));
  if (!plan.fits) return [];
  return [{ what: `take a node with ${layoutWords(plan.layout)} of ${gpuLabel(gpu)}` }];
}

/** The GPU type of which the fewest are enough. */
function otherGpu(model: ModelFacts, place: Place, wish: Wish): Change[] {
  const [best] = gpus
    .filter((gpu) => gpu !== place.gpu && formatSupport(gpu, model.quantization).kind === 'native')
    .map((gpu) => planModel(model, placeOfGpu(gpu, { gpusPerNode: 8, nodes: 1 }), within(model, wish)))
    .filter((plan) => plan.fits)
    .toSorted((a, b) => gpusOf(a.layout) - gpusOf(b.layout) || a.place.gpu.memoryGb - b.place.gpu.memoryGb);
  return best ? [{ what: `take ${layoutWords(best.layout)} of ${gpuLabel(best.place.gpu)}` }] : [];
}

/** The largest integer in the range that passes. If a number passes, all smaller ones must pass. */
function largest(from: number, to: number, passes: (value: number) => boolean): number | undefined {
  if (to < from || !passes(from)) return undefined;
  let [low, high] = [from, to];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (passes(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
