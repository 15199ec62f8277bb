// What `deploy` says while it works: one line a step for people, one JSON object a step for programs.

import type { InstanceView } from '@fairlead/protocol';

import { formatSlurmDuration } from '@fairlead/slurm';

import type { Output } from '../output/output.ts';
import type { DeploymentPlan } from '../plan/plan-deployment.ts';
import type { Shipped } from '../ship/ship.ts';
import { instanceFacts, stateWords } from './instance-words.ts';

export function reporter(output: Output) {
  let last = '';
  return {
    planned(plan: DeploymentPlan, { cluster, files }: { cluster: string; files: readonly string[] }): void {
      const gpus = plan.gpus === 0 ? 'no GPU' : `${plan.gpus} GPU${plan.gpus === 1 ? '' : 's'}`;
      output.event(
        'deployment.planned',
        {
          name: plan.name,
          model: plan.model,
          engine: plan.engine,
          cluster,
          gpus: plan.gpus,
          timeMinutes: plan.timeMinutes,
          configFiles: files,
        },
        `${output.style('bold', plan.name)}: ${plan.model} on ${cluster} with ${plan.engine}, ${gpus}, ${formatSlurmDuration(plan.timeMinutes)}\n        configuration: ${files.join(', ') || 'no file'}`,
      );
    },
    uploading(what: string, sentBytes: number, totalBytes: number): void {
      const percent = totalBytes === 0 ? 100 : Math.floor((100 * sentBytes) / totalBytes);
      output.busy(`uploading ${what} ${percent} %`);
    },
    shipped(shipped: Shipped): void {
      if (shipped.uploaded.length === 0) return;
      output.event('agent.uploaded', { files: shipped.uploaded }, `uploaded ${shipped.uploaded.join(', ')}`);
    },
    submitted(name: string, jobId: string, instance: string): void {
      output.event('deployment.submitted', { name, jobId, instance }, `submitted as job ${jobId}`);
    },
    notWaiting(name: string): void {
      output.result({ event: 'deployment.submitted', ok: true, name }, `Follow it with: fairlead status ${name}`);
    },
    state(view: InstanceView): void {
      const words = stateWords(view.state);
      if (words === last) return;
      last = words;
      // Ready is the result's to say.
      if (view.state.status !== 'ready') output.event('instance.changed', instanceFacts(view), words);
    },
  };
}
