// How long an answer may become: the least that the key, its member and their team allow. Pure.

import type { Grant } from '../accounts/account-records.ts';

/** Undefined where there is no limit. */
export function maxTokensOf({ key, member, team }: Grant): number | undefined {
  const limits = [key.limits.maxTokens, member.limits.maxTokens, team?.limits.maxTokens];
  return limits.reduce(
    (least, limit) => (limit !== undefined && !(limit >= (least ?? Infinity)) ? limit : least),
    undefined,
  );
}
