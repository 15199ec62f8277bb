// The bounds of what crosses the wire. A stored record takes the same bounds: what a message may say can be stored and read back.

import { z } from 'zod';

/** 100 years on either side of the epoch. */
export const timeLimitMs = 100 * 365.25 * 24 * 60 * 60 * 1000;

/** Milliseconds since the epoch. */
export const timeMs = z.number().min(-timeLimitMs).max(timeLimitMs);

/** The nearest time that `timeMs` takes. */
export function clampTime(ms: number): number {
  return Math.min(timeLimitMs, Math.max(-timeLimitMs, ms));
}

/** A length of time, at most 100 years. */
export const durationMs = z.int().min(0).max(timeLimitMs);

const countLimit = 1e15;

/** Of things, bytes, tokens, and of what is numbered from 0. */
export const count = z.int().min(0).max(countLimit);

/** A number that a program of others tells and that nothing depends on: taken as the nearest one in range. */
export function clamped(min: number, max: number) {
  return z
    .number()
    .overwrite((value) => Math.min(max, Math.max(min, value)))
    .min(min)
    .max(max);
}

/** A count that the engine tells; left out where it is no number, so that no report fails by it. */
export const toldCount = clamped(0, countLimit).optional().catch(undefined);

/** Names, ids, paths: what is longer is refused, for half of it names something else. */
export function boundedText(maxLength: number) {
  return z.string().max(maxLength);
}

/** Text for people: what is longer is cut, for a message is better told in part than refused. */
export function shortenedText(maxLength: number) {
  return z
    .string()
    .overwrite((text) => text.slice(0, maxLength))
    .max(maxLength);
}

export const nameLength = 256;
export const pathLength = 4096;
/** Of a reason, a cause, a hint, an event. */
export const messageLength = 4096;
/** Certificates, keys and tokens. */
export const secretLength = 16_384;

/** Lines of a log that explain an end. */
export const toldLines = z.array(shortenedText(messageLength)).max(1000);
/** Names of models, of GPUs. */
export const nameList = z.array(boundedText(1024)).max(1000);
/** More than an account can have: a list that control answers with. */
export const listLength = 1_000_000;
