// Ends a deployment, from a program.

import { silentLog } from '@fairlead/kit';

import { type Deployment, describeDeployment } from '../control/deployment.ts';
import { configPlace, launchDeps, type LaunchOptions, loadLaunching } from './launch-options.ts';

export interface StopOptions extends LaunchOptions {
  /** `drain` lets requests that are under way end; `now` cuts them. Default: drain. */
  mode?: 'drain' | 'now';
  /** `false`: ends when the agent has taken the order. */
  wait?: boolean;
}

/**
 * Resolves when the job is gone and nothing of it is left, with the deployment as it was last. Warnings go to `log`. Throws a CodedError:
 * `deployment_unknown`, `stop_failed`. A signal ends the wait; the order stands.
 */
export async function stop(name: string, options: StopOptions = {}): Promise<Deployment> {
  options.signal?.throwIfAborted();
  const { log = silentLog, mode = 'drain', wait = true } = options;
  const warn = (message: string) => log.warn({ op: 'stop', deployment: name }, message);
  const { loadConfig } = await import('@fairlead/config');
  const launching = await loadLaunching();
  const { config } = await loadConfig(configPlace(options, warn));
  const signal = options.signal ?? new AbortController().signal;
  for await (const event of launching.stop(launchDeps(options, config), { name, mode, wait }, signal)) {
    if (event.type === 'deployment.stopped') return describeDeployment(event.deployment);
    if (event.type === 'warning') warn(event.message);
  }
  throw new Error(`the stop of ${name} told no end`);
}
