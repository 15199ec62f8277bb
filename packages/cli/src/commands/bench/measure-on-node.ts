// Measures a deployment on the node of its leader: a program that is shipped once runs there in a step of the job, and tells line by line.

import { join } from 'node:path/posix';

import { cacheDir } from '@fairlead/client/cache-dir';
import { loadConfig, pickCluster } from '@fairlead/config';
import { CodedError, defined } from '@fairlead/kit';
import { findBundle, openSite, shipFile, shipRuntime, type Site, stepCommand } from '@fairlead/launch';
import { type DeploymentView, isServing, leadInstance } from '@fairlead/protocol';

import type { CliErrorCode } from '../../cli-error.ts';
import { configPlaceOf } from '../../config/config-place.ts';
import type { Context } from '../../context.ts';
import { launchRun } from '../../launch/launch-run.ts';
import type { BenchLevel } from '../../output/lines/bench-lines.ts';
import type { LevelsWish, MeasureEvent } from './measure-levels.ts';
import { nodeBench, type NodeBench, nodeBenchLine } from './on-node/node-bench.ts';

/** Throws `bench_failed`, what reaching the cluster throws, and the signal's reason once nothing of it runs any more. */
export async function measureOnNode(
  wish: LevelsWish,
  deployment: DeploymentView,
  { context, tell }: { context: Context; tell: (event: MeasureEvent) => void },
): Promise<BenchLevel[]> {
  const instance = leadInstance(deployment);
  const { jobId, jobDir, state } = instance;
  if (jobId === undefined || !isServing(state))
    throw failed(wish.name, `it is ${state.status}`, 'Wait until it is ready: fairlead status');
  const { config } = await loadConfig(configPlaceOf(context));
  await using site = await openSite(pickCluster(config, deployment.cluster), launchRun(context));
  const program = await shipProgram(site, context);
  const asked: NodeBench = { ...wish, jobDir, plan: { ...wish.plan, levels: [...wish.plan.levels] } };
  const argv = [...program, JSON.stringify(nodeBench.parse(asked))];
  const levels: BenchLevel[] = [];
  let failure: { message: string; hint?: string | undefined } | undefined;
  const onLine = (text: string) => {
    const line = decodeLine(text);
    if (line?.type === 'failed') failure = line;
    else if (line) tell(line);
    if (line?.type === 'level') levels.push(line.level);
  };
  const step = await stepCommand(site, { id: instance.id, jobId }, argv);
  const { code, stderr } = await site.host.runLeashed(step, { onLine, signal: context.signal });
  if (failure) throw new CodedError<CliErrorCode>('bench_failed', failure.message, defined({ hint: failure.hint }));
  if (code !== 0) {
    const said = stderr.trim().split('\n').slice(-3).join(' ');
    throw failed(
      wish.name,
      `its program on the node ended with ${code}: ${said}`,
      'Measure it from here: leave --on-node out.',
    );
  }
  return levels;
}

/** Node and the program, each sent once per version. */
async function shipProgram(site: Site, context: Context): Promise<string[]> {
  const { output, signal, nodePath } = context;
  const cache = cacheDir(context);
  const onProgress = (what: string, sent: number, total: number) =>
    output.busy(`uploading ${what} ${Math.floor((100 * sent) / total)} %`);
  const { runtime } = site.paths;
  const configuredNode = site.cluster.config.node;
  const node = await shipRuntime(site.host, runtime, { cacheDir: cache, nodePath, configuredNode, onProgress, signal });
  const bundle = await findBundle('bench', cache);
  const path = join(runtime, `bench-${bundle.version}.mjs`);
  await shipFile(site.host, bundle.path, path, 0o600, { onProgress, signal });
  return [node.path, path];
}

/** Undefined for what srun or the site's shell says. */
function decodeLine(text: string) {
  if (!text.startsWith('{')) return undefined;
  try {
    return nodeBenchLine.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function failed(name: string, why: string, hint: string): CodedError<CliErrorCode> {
  return new CodedError('bench_failed', `cannot measure ${name} on its node because ${why}`, { hint });
}
