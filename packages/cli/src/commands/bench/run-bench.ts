// `fairlead bench <name>`: measures a deployment from here, through both hops, at several levels of concurrency.

import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { connect, type Connection } from '@fairlead/client';
import { CodedError, errorText, systemRandom } from '@fairlead/kit';
import type { DeploymentView } from '@fairlead/protocol';

import type { CliErrorCode } from '../../cli-error.ts';
import type { Context } from '../../context.ts';
import { openCliSession } from '../../open-cli-session.ts';
import type { BenchLevel, BenchRun } from '../../output/lines/bench-lines.ts';
import { sessionOptions } from '../../session-options.ts';
import { benchPage } from './bench-page.ts';
import { type BenchPlan, type BenchWish, planBench } from './bench-plan.ts';
import { createPromptMaker } from './bench-prompt.ts';
import { summarizeLevel } from './bench-stats.ts';
import { benchText } from './bench-text.ts';
import { countTokens, type MeasureDeps, measureRequest, runLevel } from './measure.ts';
import { readRuns } from './read-runs.ts';

export interface BenchArgs extends BenchWish {
  name: string;
  api: BenchRun['api'];
  html?: string | undefined;
  /** Files with runs to compare with. */
  with: readonly string[];
}

export async function runBench(args: BenchArgs, context: Context): Promise<void> {
  const { output, signal, clock, cwd } = context;
  const others = (await Promise.all(args.with.map((file) => readRuns(file, cwd)))).flat();
  const deployment = await deploymentOf(args.name, context);
  output.busy(`connecting to ${args.name}`);
  await using connection = await connect(args.name, { ...sessionOptions(context), port: false });
  const plan = planBench(args);
  const levels = await measureLevels({ args, plan, deps: { connection, clock, signal } }, context);
  const run = describeRun({ args, plan, deployment, connection, levels, atMs: clock.now() });
  const runs = [...others, run];
  const html = args.html === undefined ? undefined : resolve(cwd, args.html);
  if (html !== undefined) await writePage(html, benchPage(runs));
  const isOk = levels.every(({ failed }) => failed === 0);
  output.result({ event: 'bench.done', ok: isOk, ...run, ...(html && { html }) }, benchText(runs));
  if (html !== undefined) output.progress(`the page is ${html}`);
  if (!isOk) context.setExitCode(1);
}

async function deploymentOf(name: string, context: Context): Promise<DeploymentView> {
  await using session = await openCliSession(context);
  return await session.api.getDeployment(name, context.signal);
}

interface Measuring {
  args: BenchArgs;
  plan: BenchPlan;
  deps: MeasureDeps;
}

async function measureLevels({ args, plan, deps }: Measuring, { output }: Context): Promise<BenchLevel[]> {
  output.busy('counting tokens');
  const { inputTokens, outputTokens } = plan;
  const prompts = await createPromptMaker({
    tokens: inputTokens,
    random: systemRandom,
    countTokens: (prompt) => countTokens(prompt, deps),
  });
  if (!prompts.isCounted)
    output.warn('this engine cannot count tokens beforehand: each prompt has a word for each token that is wanted');
  const request = () => ({ prompt: prompts.make(), outputTokens, api: args.api });
  await warmUp(args.name, request(), deps);
  const levels: BenchLevel[] = [];
  for (const { concurrency, requests: count } of plan.levels) {
    const requests = Array.from({ length: count }, request);
    let done = 0;
    const show = () => output.busy(`concurrency ${concurrency}: ${done} of ${count} requests`);
    show();
    const onDone = () => {
      done += 1;
      show();
    };
    const level = summarizeLevel(await runLevel({ concurrency, requests, onDone }, deps));
    output.event('bench.level', { level }, `concurrency ${concurrency}: ${level.completed} of ${count} completed`);
    levels.push(level);
  }
  return levels;
}

/** The first request may compile kernels, and shows whether the engine takes such requests at all. It is not counted. */
async function warmUp(name: string, request: Parameters<typeof measureRequest>[0], deps: MeasureDeps): Promise<void> {
  const { error } = await measureRequest(request, deps);
  if (error === undefined) return;
  throw new CodedError<CliErrorCode>(
    'bench_failed',
    `cannot measure ${name} because its first request failed: ${error}`,
    {
      hint: 'An engine that has no text completions: try --chat. A model with a small context: --input-tokens and --output-tokens.',
    },
  );
}

interface Measured {
  args: BenchArgs;
  plan: BenchPlan;
  deployment: DeploymentView;
  connection: Pick<Connection, 'endpoint'>;
  levels: BenchLevel[];
  atMs: number;
}

function describeRun({ args, plan, deployment, connection, levels, atMs }: Measured): BenchRun {
  const { servedModel, engine, cluster } = deployment;
  const { instanceId } = connection.endpoint;
  const nodes = deployment.instances.find(({ id }) => id === instanceId)?.nodes ?? [];
  const { mode, inputTokens, outputTokens } = plan;
  const place = { name: args.name, servedModel, engine, cluster, instance: instanceId };
  return {
    ...place,
    atMs,
    mode,
    api: args.api,
    inputTokens,
    outputTokens,
    gpus: nodes.flatMap(({ gpus }) => gpus),
    levels,
  };
}

async function writePage(path: string, page: string): Promise<void> {
  try {
    await writeFile(path, page);
  } catch (error) {
    throw new CodedError<CliErrorCode>('bench_failed', `cannot write the page ${path} because ${errorText(error)}`, {
      hint: 'Name a file in a folder that is there: --html bench.html',
      cause: error,
    });
  }
}
