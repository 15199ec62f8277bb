// The messages between the agents of one job: a worker and the leader, over the link that the worker opens. The agents of a job
// are one program of one version. Facts in the past tense, orders in the imperative.

import { z } from 'zod';

import {
  boundedText,
  count,
  durationMs,
  messageLength,
  nameLength,
  nameList,
  pathLength,
  shortenedText,
  toldLines,
} from './bounds.ts';
import { nodeProgress, nodePressure } from './node.ts';

/** A start of the engine over all nodes. Numbers grow over the life of the leader. */
const run = count;

/** What became of the worker's part of the engine. */
export const partReport = z.discriminatedUnion('status', [
  /** Nothing of it is left. `after`: the last run that the worker was told of; 0 before the first. */
  z.object({ status: z.literal('none'), after: run }),
  z.object({ status: z.literal('starting'), run }),
  z.object({ status: z.literal('running'), run, pid: count }),
  /** It ended, or could not be started, and it was not told to end. Processes of it may be left. */
  z.object({
    status: z.literal('exited'),
    run,
    message: shortenedText(messageLength),
    hint: shortenedText(messageLength).optional(),
    /** Another start would end in the same way. */
    fatal: z.boolean(),
    lastLines: toldLines,
    /** It began with the processes of this node, as far as their log says. */
    ownCause: z.boolean().optional(),
    /** As in the cause of an end. */
    badNodes: nameList.optional(),
    /** It may be the consequence of the end of another part, which has this address where that is known. */
    peer: z.object({ address: boundedText(nameLength).optional() }).optional(),
  }),
  z.object({
    status: z.literal('ending'),
    run,
    /** Processes that do not die, although they were killed. */
    stuckPids: z.array(count).max(10_000).optional(),
  }),
]);
export type PartReport = z.infer<typeof partReport>;

/** What a node uses now, as far as that is known there. */
export const nodeFigures = z.object({
  gpus: z
    .array(
      z.object({
        id: boundedText(nameLength),
        /** From 0 to 1. */
        utilization: z.number().optional(),
        memoryUsedBytes: z.number().optional(),
        memoryTotalBytes: z.number().optional(),
      }),
    )
    .max(1000),
  /** Main memory that the job holds there and cannot be asked to give back, and its limit. */
  memory: z.object({ heldBytes: count, limitBytes: count }).optional(),
  /** The agent's process. */
  agent: z.object({ residentBytes: count, cpuSeconds: z.number() }),
});
export type NodeFigures = z.infer<typeof nodeFigures>;

/** How far the start of the part is, whether the node's memory is nearly full, and which version of the engine is installed there. */
const seen = {
  progress: nodeProgress.optional(),
  pressure: nodePressure.optional(),
  engineVersion: boundedText(nameLength).optional(),
};

/** The network interfaces of a node, each with its address: `ib0 10.50.0.2`. */
const nodeInterfaces = z.object({ host: boundedText(nameLength), interfaces: nameList });

export const nodeMessage = z.discriminatedUnion('type', [
  /** The first message of each connection. */
  z.object({
    type: z.literal('node.joined'),
    rank: z.int().min(1).max(9999),
    host: boundedText(nameLength),
    /** Tells this process from another one of the same rank. */
    agent: boundedText(nameLength).optional(),
    gpus: nameList,
    part: partReport,
    interfaces: nameList.optional(),
    ...seen,
  }),
  /** The whole state of the worker: on each change, and as the answer to the leader's sign of life. Each one replaces the one before. */
  z.object({ type: z.literal('node.reported'), gpus: nameList, part: partReport, ...seen }),
  /** One event of the node's life, for the instance's history. */
  z.object({ type: z.literal('node.noted'), kind: boundedText(64), message: shortenedText(messageLength) }),
  /** The answer to `node.measure`. */
  z.object({ type: z.literal('node.measured'), figures: nodeFigures }),
  /** The answer to `part.report`: the file with what the part showed. */
  z.object({ type: z.literal('part.reported'), path: boundedText(pathLength) }),
]);
export type NodeMessage = z.infer<typeof nodeMessage>;

export const leaderMessage = z.discriminatedUnion('type', [
  /** A sign of life, every few seconds; answered by `node.reported`. */
  z.object({ type: z.literal('leader.alive') }),
  z.object({
    type: z.literal('part.start'),
    run,
    /** Where the processes of the engine meet. */
    meeting: z.object({ address: boundedText(nameLength), port: z.int().min(1).max(65535) }),
    /** Of the first nodes, for what a failure between them says. */
    nodes: z.array(nodeInterfaces).max(16).optional(),
  }),
  /** `run`: the last one that is to end. A worker that was never told of it answers that nothing is left of it. */
  z.object({ type: z.literal('part.end'), run, limitMs: durationMs }),
  z.object({ type: z.literal('node.measure') }),
  /** The engine hangs: save what the part shows, before the end that follows. */
  z.object({ type: z.literal('part.report'), reason: shortenedText(messageLength) }),
  /** Another agent has this rank already: end. The connection is closed after it. */
  z.object({ type: z.literal('node.refused'), message: shortenedText(messageLength) }),
  /** The job is over: end. */
  z.object({ type: z.literal('node.leave') }),
]);
export type LeaderMessage = z.infer<typeof leaderMessage>;
