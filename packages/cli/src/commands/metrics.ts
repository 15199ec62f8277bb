// `fairlead metrics <name>`: the metrics page of a deployment's agent and engine, as Prometheus reads it.

import { createMetricsReader, findEndpoint } from '@fairlead/client/metrics';
import { parseSamples } from '@fairlead/engines/metrics';

import type { Context } from '../context.ts';
import { openCliSession } from '../open-cli-session.ts';

export async function runMetrics({ name }: { name: string }, context: Context): Promise<void> {
  const { output, signal } = context;
  await using session = await openCliSession(context);
  const endpoint = await findEndpoint(name, session.api, signal);
  const page = await createMetricsReader(session).read(endpoint, signal);
  const samples = output.json ? parseSamples(page) : [];
  output.result({ event: 'metrics', ok: true, name, instance: endpoint.instanceId, samples }, page);
}
