// A model → a deployment that answers, from a program.

import type { LaunchEvent } from '@fairlead/launch';

import { type Deployment, describeStatus } from '../control/deployment.ts';
import { configPlace, launchDeps, type LaunchOptions, loadLaunching } from './launch-options.ts';

export interface DeployOptions extends LaunchOptions {
  /** What the deployment is called. Absent: made of the model's name. */
  name?: string;
  /** A cluster of the configuration. Absent: its `defaultCluster`, or the only one. */
  cluster?: string;
  engine?: string;
  gpus?: number;
  /** Tokens of the longest request with its answer. */
  context?: number;
  /** Requests of that length at a time. */
  concurrency?: number;
  /** `false`: the planner is not asked for what is not said, and a model that may not fit is deployed all the same. */
  plan?: boolean;
  /** The job's time limit in Slurm's form: `90` minutes, `04:00:00`, `1-12`. */
  time?: string;
  /** Settings as `--set` of `fairlead deploy` takes them: `slurm.partition=gpu`. */
  set?: readonly string[];
  /** `false`: ends when the job is submitted. */
  wait?: boolean;
}

export type DeployEvent =
  | {
      type: 'deployment.planned';
      name: string;
      model: string;
      servedModel: string;
      engine: string;
      cluster: string;
      gpus: number;
      timeMinutes: number;
    }
  /** What the planner chose for the job, and why. `cost`: of the whole time limit. */
  | {
      type: 'deployment.sized';
      name: string;
      gpus: number;
      partition: string | undefined;
      timeMinutes: number;
      reasons: ReadonlyArray<{ of: string; why: string }>;
      cost: { perHour: number; wholeJob: number; unit: string } | undefined;
    }
  /** Once for each version of the programs that a job needs. */
  | { type: 'file.uploading'; file: string; sentBytes: number; totalBytes: number }
  | { type: 'deployment.submitted'; name: string; jobId: string }
  | ({ type: 'deployment.changed'; name: string } & Pick<Deployment, 'status' | 'detail' | 'percent'>)
  /** Something is not as it should be, and the work goes on. */
  | { type: 'warning'; message: string }
  /** The job goes on without this call, which throws next. */
  | { type: 'deployment.left'; name: string; jobId: string | undefined }
  /** The last event: `connect(name)` reaches it. */
  | {
      type: 'deployment.ready';
      name: string;
      servedModel: string;
      jobId: string | undefined;
      deadlineMs: number | undefined;
    };

/**
 * `model` is a preset's name, a Hugging Face id, or an absolute path on the cluster. Begins with the first `next()`, and does not wait for
 * its reader. Ends with `deployment.ready`, without `wait` with `deployment.submitted`. Throws a CodedError where the model cannot be
 * deployed (`deploy_failed` where its job has ended), and the signal's reason.
 *
 * The signal, and leaving the loop, end it in order: before the job is submitted nothing of it is left; a job that was submitted goes on.
 */
export async function* deploy(
  model: string,
  options: DeployOptions = {},
): AsyncGenerator<DeployEvent, void, undefined> {
  options.signal?.throwIfAborted();
  const { loadForCluster } = await import('@fairlead/config');
  const { launch } = await loadLaunching();
  const { cluster: on, set = [], name, engine, gpus, context, concurrency, plan, time, wait = true } = options;
  const warnings = new Set<string>();
  const { config, cluster } = await loadForCluster(
    configPlace(options, (text) => warnings.add(text)),
    { on, set },
  );
  for (const message of warnings) yield { type: 'warning', message };
  const request = { what: model, name, engine, gpus, context, concurrency, plan, time, cluster, wait };
  const names = { deployment: '' };
  for await (const event of launch(launchDeps(options, config), request, options.signal ?? neverAborted())) {
    if (event.type === 'deployment.planned') names.deployment = event.plan.name;
    const told = deployEvent(event, names.deployment);
    if (told) yield told;
  }
}

function neverAborted(): AbortSignal {
  return new AbortController().signal;
}

/** Undefined for what is of no use to a program. */
function deployEvent(event: LaunchEvent, name: string): DeployEvent | undefined {
  switch (event.type) {
    case 'deployment.planned': {
      const { model, servedModel, engine, gpus, timeMinutes } = event.plan;
      return { type: event.type, name, model, servedModel, engine, cluster: event.cluster, gpus, timeMinutes };
    }
    case 'deployment.sized': {
      const { gpus, partition, timeMinutes, reasons, cost } = event.plan;
      return { type: event.type, name, gpus, partition, timeMinutes, reasons, cost };
    }
    case 'file.uploading':
    case 'warning':
    case 'deployment.left':
      return event;
    case 'deployment.submitted':
      return { type: event.type, name, jobId: event.jobId };
    case 'instance.changed':
      return { type: 'deployment.changed', name, ...describeStatus(event.instance.state) };
    case 'deployment.ready': {
      const { jobId, deadlineMs } = event.instance;
      return { type: event.type, name, servedModel: event.servedModel, jobId, deadlineMs };
    }
    case 'agent.uploaded':
    case 'host.connecting':
    case 'job-key.made':
    case 'job-key.making':
    case 'launch.phase':
    case 'queue.back':
      return undefined;
  }
}
