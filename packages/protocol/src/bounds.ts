// Limits of the values on the wire. Stored records have the same limits: every value of a message can be stored and read back.

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

/** A number of things, bytes or tokens, or a sequence number from 0. */
export const count = z.int().min(0).max(countLimit);

/** A number from a program that is not ours, for display only: a number out of range becomes the nearest one in range. */
export function clamped(min: number, max: number) {
  return z
    .number()
    .overwrite((value) => Math.min(max, Math.max(min, value)))
    .min(min)
    .max(max);
}

/** A count from the engine. A value that is not a number is left out, so that it does not fail the report. */
export const toldCount = clamped(0, countLimit).optional().catch(undefined);

/** A name, id or path. A longer one is refused: its first half would name something else. */
export function boundedText(maxLength: number) {
  return z.string().max(maxLength);
}

/** Text for people. A longer one is cut, so that the message that carries it is not refused. */
export function shortenedText(maxLength: number) {
  return z
    .string()
    .overwrite((text) => text.slice(0, maxLength))
    .max(maxLength);
}

export const nameLength = 256;
export const pathLength = 4096;
/** Length of a reason, cause, hint or event. */
export const messageLength = 4096;
/** Certificates, keys and tokens. */
export const secretLength = 16_384;

/** Lines of a log that explain an end. */
export const toldLines = z.array(shortenedText(messageLength)).max(1000);
/** Names of models, of GPUs. */
export const nameList = z.array(boundedText(1024)).max(1000);
/** Length of a list in an answer of control. An account has fewer. */
export const listLength = 1_000_000;
