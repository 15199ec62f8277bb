// `fairlead plan`: what a model needs on a site's partitions, on one GPU type, or on each that is known. Reaches no host.

import { plannedEngine } from '@fairlead/config';
import { showServeCommand } from '@fairlead/engines';
import { CodedError, defined } from '@fairlead/kit';
import {
  builtInModels,
  defaultWish,
  findChanges,
  type Gpu,
  gpuLabel,
  gpus,
  maxConcurrency,
  type ModelFacts,
  type Place,
  placeOfGpu,
  placesOfSite,
  planModel,
  type SiteProfile,
  type Wish,
} from '@fairlead/planner';

import type { CliErrorCode } from '../cli-error.ts';
import { exit } from '../cli-error.ts';
import type { Context } from '../context.ts';
import type { LineFields } from '../output/lines/json-line.ts';
import { findModel, gpuOf, gpusPerNodeOf, siblingsOf } from './find-model.ts';
import { planSite, type PlanSiteArgs } from './plan-site.ts';
import { overviewText, type PlacePlan, planText } from './plan-text.ts';

export interface PlanArgs extends PlanSiteArgs {
  model: string;
  gpus?: number | undefined;
  nodes?: number | undefined;
  context?: number | undefined;
  concurrency?: number | undefined;
  kvCache: 'auto' | 'fp8';
}

type Needs = Pick<Context, 'output' | 'setExitCode' | 'env' | 'home' | 'cwd' | 'clock' | 'signal' | 'flags'>;

export async function runPlan(args: PlanArgs, context: Needs): Promise<void> {
  const { output, setExitCode } = context;
  const model = await modelOf(args.model, context);
  const wish = wishOf(model, args);
  const site = await planSite(args, context);
  const gpu = args.gpu === undefined ? undefined : gpuOf(args.gpu, '--gpu');
  const plans = placesFor(args, { site, gpu }).map((place) => planAt(place, model, wish));
  const isFitting = plans.some(({ fits }) => fits);
  const text = site || gpu ? planText(model, { wish, site, plans }) : overviewText(model, { wish, plans });
  output.result(
    {
      event: 'plan',
      ok: true,
      fits: isFitting,
      name: model.name,
      model: model.model,
      wish,
      ...defined({ site: site?.name }),
      places: plans.map(planFields),
    },
    text,
  );
  if (!isFitting) setExitCode(exit.failed);
}

/** A preset, else what the files of the model say: a folder of this machine, or the hub. */
async function modelOf(text: string, context: Needs): Promise<ModelFacts> {
  const isPreset = builtInModels.some(({ name, model }) => [name, model.toLowerCase()].includes(text.toLowerCase()));
  if (isPreset || !text.includes('/')) return findModel(text);
  const { learnModel } = await import('./learn-model.ts');
  return learnModel(text, context);
}

function wishOf(model: ModelFacts, args: PlanArgs): Wish {
  const usual = defaultWish(model);
  const { context = usual.context, concurrency = usual.concurrency } = args;
  if (concurrency > maxConcurrency) {
    throw new CodedError<CliErrorCode>(
      'usage',
      `cannot use --concurrency ${concurrency} because a plan counts on at most ${maxConcurrency} requests at a time`,
      { hint: 'More of them wait for their turn. Deploy it several times, and plan for one of these.' },
    );
  }
  const most = model.context.tokens;
  if (context <= most) return { context, concurrency, kvCacheDtype: args.kvCache };
  throw new CodedError<CliErrorCode>(
    'usage',
    `cannot use --context ${context} because ${model.name} reads at most ${most} tokens`,
    { hint: `Take --context ${most} or less.` },
  );
}

function planAt(place: Place, model: ModelFacts, wish: Wish): PlacePlan {
  const plan = planModel(model, place, wish);
  const isOneNode = plan.fits && plan.layout.nodes === 1;
  const options = { wish, siblings: siblingsOf(model) };
  const changes = isOneNode ? [] : findChanges(model, { ...place, nodes: 1 }, options);
  if (isOneNode || !plan.fits) return { ...plan, changes };
  return { ...plan, changes, warnings: [...plan.warnings, 'this version of Fairlead deploys on one node alone'] };
}

function placesFor(args: PlanArgs, { site, gpu }: { site: SiteProfile | undefined; gpu: Gpu | undefined }): Place[] {
  const supply = { gpusPerNode: gpusPerNodeOf(args.gpus ?? 8), nodes: args.nodes ?? 1 };
  if (!site) return (gpu ? [gpu] : gpus).map((one) => placeOfGpu(one, supply));
  if (args.gpus !== undefined || args.nodes !== undefined) {
    throw new CodedError<CliErrorCode>('usage', 'cannot use --gpus or --nodes on a site, whose profile says both', {
      hint: 'Leave them out, or leave out --site and --on and name the GPU type with --gpu.',
    });
  }
  const places = placesOfSite(site);
  if (!gpu) return places;
  // A site may have the type in another size than its profile knows.
  const matching = places.filter((place) => place.gpu.name === gpu.name).map((place) => ({ ...place, gpu }));
  if (matching.length > 0) return matching;
  throw new CodedError<CliErrorCode>('usage', `cannot plan for ${gpuLabel(gpu)} because ${site.title} has none`, {
    hint: `It has ${site.partitions.map((partition) => partition.gpu).join(', ')}.`,
  });
}

function planFields(plan: PlacePlan): LineFields<'plan'>['places'][number] {
  const { place, warnings } = plan;
  const where = {
    gpu: gpuLabel(place.gpu),
    ...defined({ partition: place.partition }),
    warnings,
    changes: plan.changes,
  };
  if (!plan.fits) return { ...where, fits: false, why: plan.why };
  const { layout, memory, job, cost, reasons, model } = plan;
  const { args } = showServeCommand(plannedEngine, model.model, plan);
  return { ...where, fits: true, layout, memory, job, ...defined({ cost }), reasons, args };
}
