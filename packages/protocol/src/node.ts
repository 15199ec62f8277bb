// One node of an instance: a host of its job. The leader, rank 0, reports all of them to control.

import { z } from 'zod';

import { boundedText, clamped, messageLength, nameLength, nameList, shortenedText } from './bounds.ts';
import { startPhase } from './instance.ts';

/** How far a node's part of the engine is in its start. For display only. */
export const nodeProgress = z.object({
  phase: startPhase.catch('booting'),
  percent: clamped(0, 100).optional(),
  detail: shortenedText(100).optional(),
});
export type NodeProgress = z.infer<typeof nodeProgress>;

/** A sentence: how much of its memory the job uses on a node where that is nearly all. */
export const nodePressure = shortenedText(messageLength);

export const nodeState = z.discriminatedUnion('status', [
  /** Its part of the engine does not serve yet. */
  z.object({ status: z.literal('starting'), progress: nodeProgress.optional() }),
  z.object({ status: z.literal('running') }),
  /** The leader has not heard of it for too long. */
  z.object({ status: z.literal('lost'), reason: shortenedText(messageLength) }),
  z.object({ status: z.literal('ended') }),
]);
export type NodeState = z.infer<typeof nodeState>;

export const instanceNode = z.object({
  /** 0 is the leader. */
  rank: z.int().min(0).max(9999),
  host: boundedText(nameLength),
  gpus: nameList,
  state: nodeState,
  /** Present while the memory of the node is nearly full. */
  pressure: nodePressure.optional(),
});
export type InstanceNode = z.infer<typeof instanceNode>;

/** In the order of their ranks. Empty until an agent has taken charge. */
export const nodeList = z.array(instanceNode).max(1000);
