// A store as a gateway has it that served a large team for long: for measurements.

import { randomBytes } from 'node:crypto';

import { createApiKey, hashApiKey } from '../accounts/api-key.ts';
import { openGatewayStore } from '../store/gateway-store.ts';
import type { UsageRecord } from '../usage/usage-record.ts';

export interface History {
  keys: number;
  usageRows: number;
}

const keysOfMember = 100;
const rowsAtOnce = 10_000;
const hourMs = 3_600_000;

/** `nowMs`: the rows end there, and are spread over the 30 days before. */
export function fillHistory(stateDir: string, { keys, usageRows }: History, nowMs: number): void {
  using store = openGatewayStore(stateDir, 'serve');
  const change = { actor: 'bench', nowMs };
  const none = { label: undefined, models: undefined, expiresMs: undefined, revokedMs: undefined, limits: {} };
  const ids: string[] = [];
  for (let at = 0; at < keys; at++) {
    const member = `member-${Math.floor(at / keysOfMember)}`;
    if (at % keysOfMember === 0) store.addMember({ name: member, team: undefined, limits: {}, createdMs: 0 }, change);
    const { id, key } = createApiKey(randomBytes(40));
    store.addKey({ id, member, hash: hashApiKey(key.reveal()), createdMs: 0, ...none }, change);
    ids.push(id);
  }
  const row = (at: number): UsageRecord => ({
    requestId: `r${at}`,
    atMs: nowMs - (at % 720) * hourMs,
    member: `member-${Math.floor((at % keys) / keysOfMember)}`,
    team: undefined,
    keyId: ids[at % keys]!,
    model: 'm',
    deployment: 'd',
    instanceId: 'i0',
    route: '/v1/chat/completions',
    outcome: 'completed',
    status: 200,
    queuedMs: 0,
    firstByteMs: 5,
    totalMs: 50,
    promptTokens: 300,
    completionTokens: 20,
    cachedTokens: 0,
    estimated: false,
  });
  for (let from = 0; from < usageRows; from += rowsAtOnce)
    store.addUsage(Array.from({ length: Math.min(rowsAtOnce, usageRows - from) }, (_, at) => row(from + at)));
}
