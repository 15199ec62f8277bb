// What was used by one request, for tests that count or keep it.

import type { UsageRecord } from '../usage/usage-record.ts';

/** A request that bob's key completed, with the fields that a test is about. */
export function usageRecord(fields: Partial<UsageRecord>): UsageRecord {
  return {
    requestId: 'r',
    atMs: 1,
    member: 'bob',
    team: undefined,
    keyId: 'k',
    model: 'm',
    deployment: 'd',
    instanceId: 'i',
    route: '/v1/completions',
    outcome: 'completed',
    status: 200,
    promptTokens: 10,
    completionTokens: 5,
    cachedTokens: 2,
    estimated: false,
    queuedMs: 3,
    firstByteMs: 1,
    totalMs: 2,
    ...fields,
  };
}
