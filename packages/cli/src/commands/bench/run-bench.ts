// `fairlead bench <name>`: measures a deployment at several levels of concurrency, from here through both hops, or on its node.

import { resolve } from 'node:path';

import { connect } from '@fairlead/client';
import { type DeploymentView, leadInstance } from '@fairlead/protocol';

import type { Context } from '../../context.ts';
import { openCliSession } from '../../open-cli-session.ts';
import type { BenchLevel, BenchRun } from '../../output/lines/bench-lines.ts';
import type { Output } from '../../output/output.ts';
import { sessionOptions } from '../../session-options.ts';
import { benchPage } from './bench-page.ts';
import { type BenchPlan, type BenchWish, planBench } from './bench-plan.ts';
import { benchText } from './bench-text.ts';
import { type MeasureEvent, measureLevels } from './measure-levels.ts';
import { measureOnNode } from './measure-on-node.ts';
import { readRuns } from './read-runs.ts';
import { checkPagePlace, writePage } from './write-page.ts';

export interface BenchArgs extends BenchWish {
  name: string;
  /** Whether it is measured on the node of its leader. */
  onNode: boolean;
  api: BenchRun['api'];
  html?: string | undefined;
  /** Files with runs to compare with. */
  with: readonly string[];
}

export async function runBench(args: BenchArgs, context: Context): Promise<void> {
  const { output, clock, cwd } = context;
  const html = args.html === undefined ? undefined : resolve(cwd, args.html);
  if (html !== undefined) await checkPagePlace(html);
  const others = (await Promise.all(args.with.map((file) => readRuns(file, cwd)))).flat();
  const deployment = await deploymentOf(args.name, context);
  const plan = planBench(args);
  const { levels, instance } = await measure(args, { plan, deployment }, context);
  const run = describeRun({ args, plan, deployment, instance, levels, atMs: clock.now() });
  const runs = [...others, run];
  const unwritten = html === undefined ? undefined : await writePage(html, benchPage(runs));
  if (unwritten) output.warn(unwritten.message);
  const isOk = levels.every(({ failed }) => failed === 0) && !unwritten;
  const page = unwritten ? undefined : html;
  output.result({ event: 'bench.done', ok: isOk, ...run, ...(page && { html: page }) }, benchText(runs));
  if (page !== undefined) output.progress(`the page is ${page}`);
  if (!isOk) context.setExitCode(1);
}

async function measure(
  { name, api, onNode }: BenchArgs,
  { plan, deployment }: { plan: BenchPlan; deployment: DeploymentView },
  context: Context,
): Promise<{ levels: BenchLevel[]; instance: string }> {
  const { output, clock, signal } = context;
  const tell = (event: MeasureEvent) => {
    if (event.type === 'busy') output.busy(event.text);
    else if (event.type === 'warning') output.warn(event.message);
    else sayLevel(event.level, output);
  };
  output.busy(`connecting to ${name}`);
  if (onNode) {
    const levels = await measureOnNode({ name, plan, api }, deployment, { context, tell });
    return { levels, instance: leadInstance(deployment).id };
  }
  await using connection = await connect(name, { ...sessionOptions(context), port: false });
  const levels = await measureLevels({ name, plan, api }, { connection, clock, signal }, tell);
  return { levels, instance: connection.endpoint.instanceId };
}

function sayLevel(level: BenchLevel, output: Output): void {
  const { concurrency, completed, requests } = level;
  output.event('bench.level', { level }, `concurrency ${concurrency}: ${completed} of ${requests} completed`);
}

async function deploymentOf(name: string, context: Context): Promise<DeploymentView> {
  await using session = await openCliSession(context);
  return await session.api.getDeployment(name, context.signal);
}

interface Measured {
  args: BenchArgs;
  plan: BenchPlan;
  deployment: DeploymentView;
  /** The one that answered. */
  instance: string;
  levels: BenchLevel[];
  atMs: number;
}

function describeRun({ args, plan, deployment, instance, levels, atMs }: Measured): BenchRun {
  const { servedModel, engine, cluster } = deployment;
  const nodes = deployment.instances.find(({ id }) => id === instance)?.nodes ?? [];
  const { mode, inputTokens, outputTokens } = plan;
  const place = { name: args.name, servedModel, engine, cluster, instance };
  return {
    ...place,
    from: args.onNode ? 'node' : 'here',
    atMs,
    mode,
    api: args.api,
    inputTokens,
    outputTokens,
    gpus: nodes.flatMap(({ gpus }) => gpus),
    levels,
  };
}
