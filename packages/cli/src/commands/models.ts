// `fairlead models`: the models whose needs are known; those that fit given GPUs; one of them with its sources.

import { plannedEngine } from '@fairlead/config';
import { showServeCommand } from '@fairlead/engines';
import { CodedError, defined } from '@fairlead/kit';
import {
  builtInModels,
  defaultWish,
  type FittingPlan,
  gibWords,
  layoutWords,
  type ModelPreset,
  placeOfGpu,
  planModel,
} from '@fairlead/planner';

import type { CliErrorCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { table } from '../output/table.ts';
import { type GatewayFlag, pickGateway } from './member/pick-gateway.ts';
import { findModel, gpuOf, gpusPerNodeOf } from './find-model.ts';

export interface ModelsArgs {
  name?: string | undefined;
  fits?: string | undefined;
  gpus?: number | undefined;
  /** Of a gateway that this machine has joined. `true`: the one there is. */
  gateway?: GatewayFlag;
}

type Needs = Pick<Context, 'output' | 'env' | 'home' | 'clock' | 'signal'>;

export async function runModels(args: ModelsArgs, context: Needs): Promise<void> {
  const isOfPlanner = args.gateway === undefined && (args.name ?? args.fits ?? args.gpus) !== undefined;
  const gateway = isOfPlanner ? undefined : await pickGateway(args.gateway, context);
  if (gateway) return (await import('./member/gateway-models.ts')).runGatewayModels(gateway, context);
  showPresets(args, context);
}

function showPresets({ name, fits, gpus }: ModelsArgs, { output }: Pick<Context, 'output'>): void {
  if (gpus !== undefined && fits === undefined) {
    throw new CodedError<CliErrorCode>('usage', 'cannot use --gpus because --fits does not say of which type', {
      hint: 'For example: fairlead models --fits a100:40 --gpus 2',
    });
  }
  if (name !== undefined) {
    const model = findModel(name);
    return output.result({ event: 'model', ok: true, preset: model }, modelText(model));
  }
  if (fits === undefined) {
    return output.result(
      { event: 'models', ok: true, models: builtInModels.map(modelFields) },
      `${modelsText(builtInModels)}\n\nMore of one: fairlead models <name>. Which GPUs it needs: fairlead plan <name>.`,
    );
  }
  const gpu = gpuOf(fits, '--fits');
  const plans = builtInModels
    .map((model) =>
      planModel(model, placeOfGpu(gpu, { gpusPerNode: gpusPerNodeOf(gpus ?? 1), nodes: 1 }), defaultWish(model)),
    )
    .filter((plan) => plan.fits);
  output.result(
    {
      event: 'models',
      ok: true,
      models: plans.map(({ model, layout }) => ({ ...modelFields(findModel(model.name)), layout })),
    },
    fittingText(plans),
  );
}

function modelFields({ name, model, title, task, quantization, weights, context, licence, fits }: ModelPreset) {
  return {
    name,
    model,
    title,
    task,
    quantization,
    weightsBytes: weights.bytes,
    contextTokens: context.tokens,
    ...defined({ isGated: licence?.isGated }),
    fits,
  };
}

export function modelsText(models: readonly ModelPreset[]): string {
  const rows = models.map(({ name, task, quantization, weights, context, fits }) => [
    name,
    task,
    quantization,
    gibWords(weights.bytes),
    String(context.tokens),
    fitsWords(fits),
  ]);
  return table(['NAME', 'TASK', 'FORMAT', 'WEIGHTS', 'CONTEXT', 'FITS'], rows);
}

function fittingText(plans: readonly FittingPlan[]): string {
  const rows = plans.map(({ model, layout, memory, wish, warnings }) => [
    model.name,
    model.quantization,
    layoutWords(layout),
    `${wish.concurrency} × ${wish.context}`,
    gibWords(memory.free),
    warnings.length > 0 ? 'see plan' : '',
  ]);
  return table(['NAME', 'FORMAT', 'ON', 'REQUESTS × TOKENS', 'LEFT EACH', 'WARNINGS'], rows);
}

function fitsWords({ gpu, gpus, nodes }: ModelPreset['fits']): string {
  return `${nodes > 1 ? `${nodes} nodes of ` : ''}${gpus} × ${gpu}`;
}

export function modelText(model: ModelPreset): string {
  const {
    name,
    title,
    task,
    licence,
    quantization,
    noFp16,
    weights,
    shape,
    context,
    options,
    args = [],
    optionsSource,
    fits,
  } = model;
  const rows: (readonly [label: string, text: string, source?: string | undefined])[] = [
    ['model', model.model],
    ['task', task],
    ['licence', licenceWords(licence), licence?.source],
    ['weights', `${gibWords(weights.bytes)} in ${quantization.toUpperCase()}: ${weights.how}`, weights.source],
    ...(noFp16 ? ([['GPUs', `those with bf16: ${noFp16.why}`, noFp16.source]] as const) : []),
    ['shape', shapeWords(shape), shape.source],
    ...(shape.note === undefined ? [] : ([['', shape.note]] as const)),
    ['context', `${context.tokens} tokens`, context.source],
    [
      'arguments',
      showServeCommand(plannedEngine, model.model, { options, args }).args.join(' ') || 'none',
      optionsSource,
    ],
    ['fits', `${fitsWords(fits)} with ${fits.concurrency} × ${fits.context} tokens`],
    ...(model.siblings ? ([['formats', model.siblings.join(', ')]] as const) : []),
  ];
  const lines = rows.flatMap(([label, text, source]) => [
    `${label.padEnd(10)} ${text}`,
    ...(source === undefined ? [] : [`${' '.repeat(10)} ${source}`]),
  ]);
  return `${name}: ${title}\n${lines.join('\n')}`;
}

function licenceWords(licence: ModelPreset['licence']): string {
  if (!licence) return 'not known here: see its model card';
  return licence.isGated ? `${licence.name}; gated: accept it on the hub and give a token` : licence.name;
}

function shapeWords({ layers, hidden, heads, kvCache, experts, hasVision }: ModelPreset['shape']): string {
  const cache = {
    grouped: kvCache.kind === 'grouped' ? `${kvCache.heads} KV heads of ${kvCache.headDim}` : '',
    latent: kvCache.kind === 'latent' ? `latent KV of ${kvCache.rank} + ${kvCache.ropeDim}` : '',
    none: 'no KV cache',
  }[kvCache.kind];
  const window = kvCache.kind === 'grouped' ? kvCache.window : undefined;
  return [
    `${layers} layers of ${hidden}`,
    `${heads} heads`,
    cache,
    ...(window ? [`${window.layers} layers see ${window.tokens} tokens`] : []),
    ...(experts ? [`${experts.count} experts, ${experts.perToken} for a token`] : []),
    ...(hasVision === true ? ['sees images'] : []),
  ].join(', ');
}
