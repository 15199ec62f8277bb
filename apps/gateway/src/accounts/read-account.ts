// What a person types about members and keys, checked. Pure.

import { CodedError } from '@fairlead/kit';

import type { GatewayErrorCode } from '../gateway-error.ts';

const nameShape = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;
const dayMs = 86_400_000;
const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: dayMs };
const maxLifetimeMs = 3_650 * dayMs;

/** Of a member, a team or a label. Throws `account_invalid`. */
export function readAccountName(what: string, text: string): string {
  if (nameShape.test(text)) return text;
  throw invalid(
    what,
    text,
    'it has letters, digits, `.`, `_`, `@` and `-`, at most 64, and begins with a letter or digit',
  );
}

/** `90m`, `12h`, `30d`. Throws `account_invalid`. */
export function readLifetimeMs(what: string, text: string): number {
  const [, count = '', unit = ''] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? [];
  const ms = Number(count) * (units[unit] ?? Number.NaN);
  if (ms > 0 && ms <= maxLifetimeMs) return ms;
  throw invalid(what, text, 'write minutes, hours or days, such as 90m, 12h or 30d, at most ten years');
}

/** Throws `account_invalid`. */
export function readLimit(what: string, text: string): number {
  if (/^[1-9]\d{0,11}$/.test(text)) return Number(text);
  throw invalid(what, text, 'it is a whole number above 0');
}

/** Throws `account_invalid`. */
export function readWeight(what: string, text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw invalid(what, text, 'it is a whole number from 1 to 999');
}

/** `a,b/c`. Throws `account_invalid`. */
export function readModelNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '' && name.length <= 1024)) return [...new Set(names)];
  throw invalid('--models', text, 'write names with commas between them');
}

function invalid(what: string, text: string, hint: string): CodedError<GatewayErrorCode> {
  return new CodedError('account_invalid', `cannot use ${what} because it is not valid: got ${JSON.stringify(text)}`, {
    hint: `${hint[0]!.toUpperCase()}${hint.slice(1)}.`,
  });
}
