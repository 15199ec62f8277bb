// What is kept of a request of a member, and of many.

import type { GatewayOutcome } from '../relay/request-life.ts';

export interface UsageTokens {
  promptTokens: number;
  completionTokens: number;
  cachedTokens: number;
  estimated: boolean;
}

export interface UsageRecord extends UsageTokens {
  requestId: string;
  /** When it came. */
  atMs: number;
  member: string;
  team: string | undefined;
  keyId: string;
  model: string;
  deployment: string | undefined;
  instanceId: string | undefined;
  route: string;
  outcome: GatewayOutcome;
  /** As its client saw it; undefined where it saw none. */
  status: number | undefined;
  /** Until an instance had room. */
  queuedMs: number;
  firstByteMs: number | undefined;
  totalMs: number;
}

export const usageGroups = ['member', 'team', 'key', 'model', 'day'] as const;
export type UsageGroup = (typeof usageGroups)[number];

export interface UsageSum {
  /** Of the group: a name, or a day as 2026-11-30 (UTC). */
  name: string;
  requests: number;
  /** Of these: neither completed nor left by their clients. */
  failed: number;
  promptTokens: number;
  completionTokens: number;
  cachedTokens: number;
  /** Requests whose counts are the gateway's own. */
  estimated: number;
}
