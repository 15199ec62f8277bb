// Before a job is queued: are the weights there that its node cannot fetch? A queue of a day for half a download is what this prevents.

import { CodedError } from '@fairlead/kit';

import type { LaunchErrorCode } from '../launch-error.ts';
import type { Run } from '../machine.ts';
import type { DeploymentPlan } from '../plan/plan-deployment.ts';
import type { Site } from '../site/open-site.ts';
import { cacheArgv } from './cache-script.ts';
import { bytesText } from './explain-fetch-failure.ts';
import { judgeCache, type WeightsFound } from './judge-cache.ts';
import { isOffline, type WeightsSource, weightsSource } from './weights-source.ts';

const lookTimeoutMs = 60_000;

/**
 * Throws `weights_incomplete` where a job could only fail: no complete weights for a node without a way to Hugging Face, or a folder
 * with pointers or gaps. A folder that the login host does not see is left to the job.
 */
export async function checkWeights(site: Site, plan: DeploymentPlan, run: Pick<Run, 'signal' | 'tell'>): Promise<void> {
  const source = weightsSource(plan);
  if (!source) return;
  const { config, name } = site.cluster;
  if (source.kind === 'hub' && !isOffline(config, source)) return;
  const { stdout } = await site.host.runner.run(cacheArgv(config, source), {
    timeoutMs: lookTimeoutMs,
    signal: run.signal,
  });
  const found = judgeCache(stdout);
  const refusal = refuseWeights(found, source, name);
  if (refusal) throw refusal;
  if (found.kind === 'unknown')
    run.tell({
      type: 'warning',
      message: `could not see whether the weights of ${source.model} are complete on ${name}`,
    });
}

/** Pure. */
export function refuseWeights(
  found: WeightsFound,
  { model, kind }: Pick<WeightsSource, 'model' | 'kind'>,
  cluster: string,
): CodedError<LaunchErrorCode> | undefined {
  const why = whyNot(found, kind);
  if (why === undefined) return undefined;
  const cure =
    kind === 'hub'
      ? `Download them first: fairlead prefetch ${model} --on ${cluster}`
      : found.kind === 'pointers'
        ? `It was cloned without git-lfs. In that folder: git lfs install && git lfs pull`
        : 'Copy the missing files there, or deploy it by its Hugging Face id.';
  return new CodedError('weights_incomplete', `cannot deploy ${model} on ${cluster} because ${why}`, { hint: cure });
}

function whyNot(found: WeightsFound, kind: WeightsSource['kind']): string | undefined {
  switch (found.kind) {
    case 'complete':
    case 'unknown':
      return undefined;
    case 'absent':
      // Folders may be visible on compute nodes alone.
      return kind === 'folder' ? undefined : `compute nodes are offline and its weights are not in ${found.place}`;
    case 'pointers':
      return `${few(found.files)} in ${found.place} ${found.files.length === 1 ? 'is a pointer' : 'are pointers'} of Git LFS and not weights`;
    case 'incomplete': {
      const { missing, place, partialBytes } = found;
      const partial = partialBytes > 0 ? `, and ${bytesText(partialBytes)} of a broken-off download lie there` : '';
      const what =
        missing.length > 0 ? `${few(missing)} ${missing.length === 1 ? 'is' : 'are'} missing` : 'no file is finished';
      return `${kind === 'hub' ? 'compute nodes are offline and ' : ''}its weights in ${place} are incomplete: ${what}${partial}`;
    }
  }
}

function few(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
