// `fairlead gateway audit`: who changed what of teams, members and keys.

import type { Context } from '../../context.ts';
import { table } from '../../output/table.ts';
import { askGateway, flagWords, gatewayStateDir, type GatewayLine } from './gateway-program.ts';
import { dateText } from './key-text.ts';

export async function runGatewayAudit(
  { since, state }: { since: string; state?: string },
  context: Context,
): Promise<void> {
  const words = ['audit', ...flagWords({ state: gatewayStateDir(state, context), since })];
  const line = await askGateway('audit', words, context);
  context.output.result(line, auditText(line));
}

function auditText({ changes }: GatewayLine<'audit'>): string {
  if (changes.length === 0) return 'Nothing was changed in this time.';
  const rows = changes.map(({ atMs, actor, action, subject, detail }) => [
    dateText(atMs),
    actor,
    action,
    subject,
    JSON.stringify(detail),
  ]);
  return table(['WHEN', 'WHO', 'WHAT', 'OF', 'DETAIL'], rows);
}
