// `fairlead gateway status` and `fairlead gateway limits`: what a gateway does now, and what is left of its limits.

import type { Context } from '../../context.ts';
import { table } from '../../output/table.ts';
import { askGateway, gatewayStateDir, type GatewayLine } from './gateway-program.ts';
import { dateText } from './key-text.ts';
import { limitsText } from './limit-flags.ts';

interface StateArgs {
  state?: string;
}

export async function runGatewayStatus({ state }: StateArgs, context: Context): Promise<void> {
  const line = await askGateway('gateway.status', ['status', '--state', gatewayStateDir(state, context)], context);
  context.output.result(line, statusText(line));
}

export async function runGatewayLimits({ state }: StateArgs, context: Context): Promise<void> {
  const line = await askGateway('limits', ['limits', '--state', gatewayStateDir(state, context)], context);
  context.output.result(line, limitsOfAll(line));
}

function statusText({
  address,
  startedMs,
  connections,
  waiting,
  models,
  instances,
  usage,
  publishers = [],
}: GatewayLine<'gateway.status'>): string {
  const head = `It listens at ${address} since ${dateText(startedMs)}; ${connections} connections, ${waiting} requests wait.`;
  const modelRows = models.map(({ id, state, instances: count }) => [id, state, String(count)]);
  const instanceRows = instances.map(({ id, requests, capacity, breaker, reason }) => [
    id,
    `${requests} of ${capacity}`,
    breaker === 'closed' ? '-' : `${breaker}: ${reason ?? ''}`,
  ]);
  const tables = [
    modelRows.length === 0 ? 'No model is deployed.' : table(['MODEL', 'STATE', 'INSTANCES'], modelRows),
    ...(instanceRows.length === 0 ? [] : [table(['INSTANCE', 'REQUESTS', 'LEFT OUT'], instanceRows)]),
    ...(publishers.length === 0 ? [] : [publishersText(publishers)]),
  ];
  return [head, ...usageText(usage), ...tables].join('\n\n');
}

/** Only what is wrong: requests are answered all the same. */
function usageText(usage: GatewayLine<'gateway.status'>['usage']): string[] {
  if (!usage) return [];
  const { waiting, lost, journalProblem, databaseProblem } = usage;
  const problems: string[] = [];
  if (databaseProblem !== undefined)
    problems.push(`Usage cannot be written to the database: ${databaseProblem}. ${waiting} requests wait for it.`);
  if (journalProblem !== undefined)
    problems.push(
      `The journal of usage cannot be written: ${journalProblem}. What waits is lost if the gateway is killed.`,
    );
  if (lost > 0) problems.push(`The usage of ${lost} requests is lost.`);
  return problems;
}

function publishersText(publishers: NonNullable<GatewayLine<'gateway.status'>['publishers']>): string {
  const rows = publishers.flatMap(({ name, connected, deployments }) => {
    const link = connected ? 'connected' : 'away';
    if (deployments.length === 0) return [[name, link, '-', '-', '']];
    return deployments.map(({ deployment, names, instances, refused }) => [
      name,
      link,
      names.join(', ') || deployment,
      String(instances),
      refused[0] ?? '',
    ]);
  });
  return table(['PUBLISHER', 'CONTROL', 'OFFERED AS', 'INSTANCES', 'REFUSED'], rows);
}

function limitsOfAll({ accounts }: GatewayLine<'limits'>): string {
  if (accounts.length === 0)
    return 'There are no limits. Set one: fairlead gateway teams set TEAM --tokens-per-day 1000000';
  const rows = accounts.map(({ kind, name, limits, today, thisMonth }) => [
    kind,
    name,
    limitsText(limits),
    String(today),
    String(thisMonth),
  ]);
  return table(['OF', 'NAME', 'LIMITS', 'TOKENS TODAY', 'THIS MONTH'], rows);
}
