import type { UsageRecord } from '../usage/usage-record.ts';

/** Of a request that was answered whole. */
export function recordOf(requestId: string, more: Partial<UsageRecord> = {}): UsageRecord {
  return {
    requestId,
    atMs: 1,
    member: 'bob',
    team: undefined,
    keyId: 'k',
    model: 'm',
    deployment: 'd',
    instanceId: 'i',
    route: '/v1/chat/completions',
    outcome: 'completed',
    status: 200,
    queuedMs: 0,
    firstByteMs: 1,
    totalMs: 2,
    promptTokens: 30,
    completionTokens: 12,
    cachedTokens: 0,
    estimated: false,
    ...more,
  };
}
