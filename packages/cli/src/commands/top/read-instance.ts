// Looks at the metrics of every instance that serves, all at the same time; keeps the looks before, which make rates.

import { pickReachable } from '@fairlead/client';
import type { MetricsReader } from '@fairlead/client/metrics';
import { parseSamples } from '@fairlead/engines/metrics';
import { anySignal, type Clock, errorText, openTimeLimit } from '@fairlead/kit';
import { type DeploymentView, type EndpointView, type InstanceView, isServing } from '@fairlead/protocol';

import type { InstanceLoad } from '../../output/lines/observe-lines.ts';
import { loadOfInstance, type Look } from './instance-load.ts';

export interface LoadReaderDeps {
  endpoints: (name: string, signal: AbortSignal) => Promise<EndpointView[]>;
  metrics: MetricsReader;
  clock: Clock;
}

export interface LoadReader {
  /** Never rejects for one deployment that cannot be read: its row says why. */
  read(deployments: readonly DeploymentView[], signal: AbortSignal): Promise<InstanceLoad[]>;
}

/** An instance that answers no sooner is shown with what control knows. */
const readTimeoutMs = 5_000;

export function createLoadReader({ endpoints, metrics, clock }: LoadReaderDeps): LoadReader {
  let before = new Map<string, Look>();

  const look = async (name: string, id: string, signal: AbortSignal): Promise<Look> => {
    using limit = openTimeLimit(clock, readTimeoutMs, () => new Error(`no answer within ${readTimeoutMs / 1000} s`));
    const within = anySignal(signal, limit.signal);
    const own = (await endpoints(name, within)).filter(({ instanceId }) => instanceId === id);
    const endpoint = pickReachable(own);
    if (!endpoint) throw new Error('it answers nowhere that this machine reaches');
    const page = await metrics.read(endpoint, within);
    return { samples: parseSamples(page), atMs: clock.monotonicMs() };
  };

  const readOne = async (deployment: DeploymentView, instance: InstanceView, signal: AbortSignal) => {
    const seen = { deployment, instance, before: before.get(instance.id) };
    if (!isServing(instance.state)) return { load: loadOfInstance({ ...seen, nowMs: clock.now() }) };
    try {
      const now = await look(deployment.name, instance.id, signal);
      return { load: loadOfInstance({ ...seen, now, nowMs: clock.now() }), now };
    } catch (error) {
      signal.throwIfAborted();
      return { load: loadOfInstance({ ...seen, problem: errorText(error), nowMs: clock.now() }) };
    }
  };

  return {
    async read(deployments, signal) {
      const rows = deployments.flatMap((deployment) =>
        deployment.instances.map((instance) => readOne(deployment, instance, signal)),
      );
      const read = await Promise.all(rows);
      before = new Map(read.flatMap(({ load, now }) => (now ? [[load.instance, now] as const] : [])));
      return read.map(({ load }) => load);
    },
  };
}
