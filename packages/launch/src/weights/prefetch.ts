// Downloads a model's weights on the login or transfer host into the cache in which a job will look for them.

import type { FairleadConfig, NamedCluster } from '@fairlead/config';
import { CodedError, type Secret } from '@fairlead/kit';

import { jobShell } from '../host/job-shell.ts';
import type { LaunchErrorCode } from '../launch-error.ts';
import type { WorkEvent } from '../launch-event.ts';
import type { LocalMachine, Run } from '../machine.ts';
import type { DeployRequest } from '../plan/deploy-request.ts';
import { planDeployment } from '../plan/plan-deployment.ts';
import { openSite, type Site } from '../site/open-site.ts';
import { streamEvents } from '../stream-events.ts';
import { explainFetchFailure, type FetchPlace } from './explain-fetch-failure.ts';
import { type FetchLine, parseFetchLine } from './fetch-line.ts';
import { fetchArguments, fetchScript } from './fetch-script.ts';
import { type WeightsSource, weightsSource } from './weights-source.ts';

export interface PrefetchDeps {
  machine: LocalMachine;
  /** What is in force. */
  config: FairleadConfig;
}

export interface PrefetchRequest extends DeployRequest {
  cluster: NamedCluster;
  /** In place of the cluster's tokenFile. */
  token?: Secret | undefined;
  /** Whether files that were there before are hashed too. */
  hashesAll: boolean;
}

type Told<Event extends FetchLine['event']> = Omit<Extract<FetchLine, { event: Event }>, 'event'>;

export type PrefetchEvent =
  | WorkEvent
  | ({ type: 'prefetch.planned'; model: string; host: string } & Told<'planned'>)
  | ({ type: 'prefetch.progress'; totalBytes: number } & Told<'progress'>)
  | ({ type: 'prefetch.checking' } & Told<'checking'>)
  /** The last event. */
  | ({ type: 'prefetched'; model: string; host: string } & Told<'done'>);

/**
 * Begins with the first `next()`. Ends with `prefetched`. The signal, leaving the loop and a lost connection end the download on the
 * host; what is whole in the cache stays. Throws a CodedError that says what is missing, and the signal's reason.
 */
export function prefetch(
  { machine, config }: PrefetchDeps,
  request: PrefetchRequest,
  signal: AbortSignal,
): AsyncGenerator<PrefetchEvent, void, undefined> {
  return streamEvents<PrefetchEvent>(signal, ({ tell }, own) =>
    runPrefetch(request, config, { ...machine, signal: own, tell }),
  );
}

async function runPrefetch(request: PrefetchRequest, config: FairleadConfig, run: Run<PrefetchEvent>): Promise<void> {
  const { name, config: cluster } = request.cluster;
  sourceOf(planDeployment(request, config, cluster));
  const { transfer = cluster.login } = cluster;
  await using site = await openSite({ name, config: { ...cluster, ...(transfer && { login: transfer }) } }, run);
  const source = sourceOf(planDeployment(request, config, site.cluster.config));
  await fetchOn(site, { source, request, run });
}

function sourceOf(plan: ReturnType<typeof planDeployment>): WeightsSource {
  const source = weightsSource(plan);
  const why =
    source === undefined
      ? `engine ${plan.engine} reads no weights of Hugging Face for it`
      : source.kind === 'folder'
        ? 'it is a path on the cluster, where its files must lie already'
        : undefined;
  if (source && why === undefined) return source;
  throw new CodedError<LaunchErrorCode>('usage', `cannot download ${plan.model} because ${why}`, {
    hint: 'Name a preset that `fairlead models` lists, or a Hugging Face id (org/model).',
  });
}

interface Fetching {
  source: WeightsSource;
  request: PrefetchRequest;
  run: Run<PrefetchEvent>;
}

async function fetchOn(site: Site, { source, request, run }: Fetching): Promise<void> {
  const { model, revision } = source;
  const { label } = site.host;
  const tokenFile = request.token === undefined ? site.paths.tokenFile : undefined;
  const seen: FetchLine[] = [];
  const argv = jobShell(site.cluster.config, {
    script: fetchScript,
    args: fetchArguments(source, { tokenFile, hashesAll: request.hashesAll }),
    env: source.env,
  });
  const { code, stderr } = await site.host.runLeashed(argv, {
    input: request.token?.reveal(),
    signal: run.signal,
    onLine(text) {
      const line = parseFetchLine(text);
      if (line === undefined) return;
      if (line.event !== 'progress' && line.event !== 'checking') seen.push(line);
      tellLine(line, { model, host: label, planned: lineOf(seen, 'planned') }, run);
    },
  });
  if (lineOf(seen, 'done')) return;
  const planned = lineOf(seen, 'planned');
  const place: FetchPlace = {
    model,
    revision,
    label,
    tokenFile,
    cache: planned?.cache,
    remainingBytes: planned && planned.totalBytes - planned.presentBytes,
  };
  const failed = lineOf(seen, 'failed');
  if (failed) throw explainFetchFailure(failed, place);
  throw unready(lineOf(seen, 'unready')?.what, { place, said: stderr.trim().slice(-400) || `exit ${code}` });
}

function lineOf<Event extends FetchLine['event']>(
  lines: readonly FetchLine[],
  event: Event,
): Extract<FetchLine, { event: Event }> | undefined {
  return lines.find((line): line is Extract<FetchLine, { event: Event }> => line.event === event);
}

function tellLine(
  line: FetchLine,
  { planned, ...about }: { model: string; host: string; planned: Told<'planned'> | undefined },
  { tell }: Run<PrefetchEvent>,
): void {
  const { event, ...fields } = line;
  if (event === 'planned') tell({ type: 'prefetch.planned', ...about, ...(fields as Told<'planned'>) });
  else if (event === 'progress')
    tell({ type: 'prefetch.progress', ...(fields as Told<'progress'>), totalBytes: planned?.totalBytes ?? 0 });
  else if (event === 'checking') tell({ type: 'prefetch.checking', ...(fields as Told<'checking'>) });
  else if (event === 'wrong') tell({ type: 'warning', message: `removed ${line.file}: ${line.why}` });
  else if (event === 'done') tell({ type: 'prefetched', ...about, ...(fields as Told<'done'>) });
}

function unready(
  what: 'token' | 'library' | undefined,
  { place, said }: { place: FetchPlace; said: string },
): CodedError {
  const cannot = `cannot download ${place.model} on ${place.label} because`;
  if (what === 'token')
    return new CodedError<LaunchErrorCode>(
      'config_invalid',
      `${cannot} tokenFile (${place.tokenFile}) cannot be read`,
      {
        hint: 'Put the token there (chmod 600), or correct tokenFile of the cluster.',
      },
    );
  if (what === 'library')
    return new CodedError<LaunchErrorCode>('prefetch_failed', `${cannot} no Python there has huggingface_hub`, {
      hint: '`fairlead setup` installs vLLM with it. Or name an environment that has it: prologue, or engines.vllm.command.',
    });
  return new CodedError<LaunchErrorCode>('prefetch_failed', `${cannot} the download ended without a result: ${said}`, {
    hint: 'Run the same command again. If the prologue fails there, `fairlead doctor` says in which line.',
  });
}
