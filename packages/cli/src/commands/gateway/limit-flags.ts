// The limits of a key, a member or a team: as flags, and in words.

import type { GatewayLine } from './gateway-program.ts';

export interface LimitFlags {
  requestsPerMinute?: number;
  tokensPerMinute?: number;
  tokensPerDay?: number;
  tokensPerMonth?: number;
  concurrent?: number;
  maxTokens?: number;
}

/** By the names of the gateway's program. */
export function limitFlags(flags: LimitFlags): Record<string, number | undefined> {
  return {
    'requests-per-minute': flags.requestsPerMinute,
    'tokens-per-minute': flags.tokensPerMinute,
    'tokens-per-day': flags.tokensPerDay,
    'tokens-per-month': flags.tokensPerMonth,
    concurrent: flags.concurrent,
    'max-tokens': flags.maxTokens,
  };
}

type Limits = GatewayLine<'member.added'>['limits'];

const words: ReadonlyArray<[keyof Limits, string]> = [
  ['requestsPerMinute', 'requests/min'],
  ['tokensPerMinute', 'tokens/min'],
  ['tokensPerDay', 'tokens/day'],
  ['tokensPerMonth', 'tokens/month'],
  ['concurrent', 'at a time'],
  ['maxTokens', 'tokens/answer'],
];

/** `50000 tokens/day, 4 at a time`; `-` where there is none. */
export function limitsText(limits: Limits): string {
  const told = words.flatMap(([name, unit]) => (limits[name] === undefined ? [] : [`${limits[name]} ${unit}`]));
  return told.join(', ') || '-';
}
