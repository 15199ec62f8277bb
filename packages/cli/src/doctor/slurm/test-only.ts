// The job script of a real deployment, held under Slurm's own eyes: sbatch --test-only. Submits nothing.

import { isCodedError } from '@fairlead/kit';

import { jobScript, openSite, type Site, testJob } from '@fairlead/launch';
import { launchRun } from '../../launch/launch-run.ts';
import { fail, type Finding, passed } from '../check.ts';
import { noteFolders } from '../host/made-folders.ts';
import type { Inspection } from '../inspection.ts';
import { wantedJobOf } from './wanted-job.ts';

export async function askTestOnly(inspection: Inspection, signal: AbortSignal): Promise<Finding> {
  const site = await siteOf(inspection);
  const { plan } = await wantedJobOf(inspection);
  const script = jobScript(plan, site.cluster, {
    instance: 'doctor',
    paths: site.paths,
    nodePath: site.cluster.config.node ?? `${site.paths.runtime}/node`,
    agentPath: `${site.paths.runtime}/agent.mjs`,
  });
  const tidy = await noteFolders(site.host, site.paths.state, ['test-only'], signal);
  try {
    await testJob(site, script, signal);
    return passed(`Slurm would take it: ${plan.gpus} GPUs for ${plan.timeMinutes} minutes`);
  } catch (error) {
    if (!isCodedError(error, 'submit_refused')) throw error;
    return fail(error.message, error.hint ?? 'Do as Slurm says.');
  } finally {
    await tidy();
  }
}

export async function siteOf(inspection: Inspection): Promise<Site> {
  return inspection.scope.use(await openSite(await inspection.cluster(), launchRun(inspection.context)));
}
