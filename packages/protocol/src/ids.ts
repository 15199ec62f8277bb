// Names and ids, and the names of sockets on the bastion made from them.

import { z } from 'zod';

/** A deployment's name: what people type. Lower case, digits and dashes, at most 40 characters, so that it fits anywhere. */
export const deploymentName = z
  .string()
  .max(40)
  .regex(
    /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/,
    'must start with a letter and hold only a-z, 0-9 and dashes (at most 40)',
  );

/** An instance's id: 8 characters, so that `<id>-<generation>.sock` stays within 24 bytes. */
export const instanceId = z
  .string()
  .max(8)
  .regex(/^[a-z][a-z0-9]{7}$/, 'must be a letter and 7 letters or digits');

/** Counts up with every tunnel of an instance. */
export const generation = z.int().min(1).max(99_999_999);

/** SLURM_RESTART_COUNT: 0 the first time. Bounded, so that the generation numbers of one restart never reach those of the next. */
export const restart = z.int().min(0).max(9999);

/** How many generations one start of an agent may use before it runs into those of the next restart. */
const generationsPerRestart = 10_000;

/** Generations of a restarted job lie above all those of its former lives. `restart` counts from 0. */
export function firstGeneration(restart: number): number {
  return restart * generationsPerRestart + 1;
}

export type SocketKind = 'data' | 'control';

const suffix: Record<SocketKind, string> = { data: '.sock', control: '.ctl' };

/** At most 8 + 1 + 8 + 5 = 22 bytes. */
export function socketName(id: string, gen: number, kind: SocketKind): string {
  return `${id}-${gen}${suffix[kind]}`;
}

export function parseSocketName(
  name: string,
): { instanceId: string; generation: number; kind: SocketKind } | undefined {
  const match = /^([a-z][a-z0-9]{7})-([1-9][0-9]{0,7})\.(sock|ctl)$/.exec(name);
  if (!match) return undefined;
  return { instanceId: match[1]!, generation: Number(match[2]), kind: match[3] === 'sock' ? 'data' : 'control' };
}
