// `fairlead usage`: what members have used through the gateway.

import type { Context } from '../../context.ts';
import { table } from '../../output/table.ts';
import { type GatewayFlag, pickGateway } from '../member/pick-gateway.ts';
import { askGateway, flagWords, gatewayStateDir, type GatewayLine } from './gateway-program.ts';

export interface UsageArgs {
  by: string;
  since: string;
  csv?: boolean;
  state?: string;
  gateway?: GatewayFlag;
}

export async function runUsage(args: UsageArgs, context: Context): Promise<void> {
  const { by, since, csv = false, state } = args;
  const gateway = state === undefined ? await pickGateway(args.gateway, context) : undefined;
  if (gateway) return (await import('../member/own-usage.ts')).runOwnUsage(gateway, context);
  const words = ['usage', ...flagWords({ state: gatewayStateDir(state, context), by, since })];
  const line = await askGateway('usage', words, context);
  context.output.result(line, csv ? usageCsv(line) : usageText(line));
}

function usageText({ by, sums }: GatewayLine<'usage'>): string {
  if (sums.length === 0) return 'Nothing was used in this time.';
  const rows = sums.map((sum) => [
    sum.name || '-',
    String(sum.requests),
    String(sum.failed),
    String(sum.promptTokens),
    String(sum.completionTokens),
    String(sum.cachedTokens),
    String(sum.estimated),
  ]);
  return table([by.toUpperCase(), 'REQUESTS', 'FAILED', 'PROMPT', 'ANSWERS', 'CACHED', 'ESTIMATED'], rows);
}

/** RFC 4180, but for its line ends. */
function usageCsv({ by, sums }: GatewayLine<'usage'>): string {
  const columns = ['requests', 'failed', 'promptTokens', 'completionTokens', 'cachedTokens', 'estimated'] as const;
  const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const rows = sums.map((sum) => [quoted(sum.name), ...columns.map((name) => String(sum[name]))].join(','));
  return [[by, ...columns].join(','), ...rows].join('\n');
}
