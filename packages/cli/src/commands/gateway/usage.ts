// `fairlead usage`: what members have used through the gateway.

import type { Context } from '../../context.ts';
import { table } from '../../output/table.ts';
import { askGateway, flagWords, gatewayStateDir, type GatewayLine } from './gateway-program.ts';

export interface UsageArgs {
  by: string;
  since: string;
  state?: string;
}

export async function runUsage({ by, since, state }: UsageArgs, context: Context): Promise<void> {
  const words = ['usage', ...flagWords({ state: gatewayStateDir(state, context), by, since })];
  const line = await askGateway('usage', words, context);
  context.output.result(line, usageText(line));
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
