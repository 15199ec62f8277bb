// `fairlead usage` of a member: what is left of their limits at a gateway.

import type { OwnUsage } from '@fairlead/protocol';

import type { Context } from '../../context.ts';
import { table } from '../../output/table.ts';
import type { JoinedGateway } from './pick-gateway.ts';

export async function runOwnUsage(gateway: JoinedGateway, { output, signal }: Context): Promise<void> {
  const { name, place, calls } = gateway;
  output.busy(`asking ${place.url}`);
  const { member, team, key, limits } = await calls.usage({ signal });
  const left = limits.map(({ resets_in_ms, ...limit }) => ({ ...limit, resetsInMs: resets_in_ms }));
  output.result(
    {
      event: 'usage.own',
      ok: true,
      gateway: name,
      member,
      keyId: key,
      ...(team === null ? {} : { team }),
      limits: left,
    },
    usageText(`${member} at ${name}`, limits),
  );
}

function usageText(who: string, limits: OwnUsage['limits']): string {
  if (limits.length === 0) return `${who} has no limits.`;
  const rows = limits.map(({ limit, most, left, resets_in_ms }) => [
    limitWords[limit] ?? limit,
    String(Math.floor(left)),
    String(most),
    resets_in_ms > 0 ? durationWords(resets_in_ms) : '-',
  ]);
  return `${who}:\n\n${table(['LIMIT', 'LEFT', 'OF', 'FULL IN'], rows)}`;
}

const limitWords: Readonly<Record<string, string>> = {
  requests: 'requests/min',
  tokens: 'tokens/min',
  'tokens-day': 'tokens/day',
  'tokens-month': 'tokens/month',
  concurrent: 'at a time',
};

function durationWords(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.ceil(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.ceil(hours / 24)} d`;
}
