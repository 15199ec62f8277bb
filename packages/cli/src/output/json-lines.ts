// The lines of --json that hold what control and the endpoint say: each is encoded through its schema, so that it has the fields that
// programs may count on and no other. Loaded with --json alone.

import {
  deploymentView,
  endpointRef,
  encodeText,
  eventView,
  instanceState,
  nodeList,
  timeMs,
} from '@fairlead/protocol';
import { z } from 'zod';

const ok = z.boolean();
const endpoints = z.array(endpointRef);
const name = z.string();
const deadlineMs = timeMs.optional();

const lines: Readonly<Record<string, z.ZodObject>> = {
  deployments: z.object({ ok, deployments: z.array(deploymentView) }),
  deployment: z.object({
    ok,
    deployment: deploymentView,
    events: z.array(eventView),
    route: z
      .object({ name, number: z.number(), of: z.number(), why: z.string(), refused: z.array(z.string()) })
      .optional(),
  }),
  'deployment.submitted': z.object({
    ok: ok.optional(),
    name,
    jobId: z.string().optional(),
    instance: z.string().optional(),
  }),
  'instance.changed': z.object({
    instance: z.string(),
    jobId: z.string().optional(),
    state: instanceState,
    nodes: nodeList,
    endpoints,
    deadlineMs,
  }),
  'deployment.ready': z.object({
    ok,
    name,
    instance: z.string(),
    jobId: z.string().optional(),
    servedModel: z.string(),
    nodes: nodeList,
    endpoints,
    deadlineMs,
  }),
  'deployment.stopped': z.object({
    ok,
    name,
    instances: z.array(z.object({ id: z.string(), state: instanceState })),
  }),
  // The key is told here: a program asked for it.
  connected: z.object({
    ok,
    name,
    baseUrl: z.string(),
    apiKey: z.string(),
    servedModel: z.string(),
    instance: z.string(),
    generation: z.number(),
  }),
  'endpoint.up': z.object({
    generation: z.number(),
    instance: z.string(),
    servedModel: z.string().optional(),
    apiKey: z.string().optional(),
  }),
  event: eventView.omit({ instanceId: true, recordedMs: true }).extend({ instance: z.string() }),
};

/** Throws on a value that breaks its schema: a fault of ours. A line without a schema is written as its command made it. */
export function encodeJsonLine(line: object): string {
  const event = 'event' in line && typeof line.event === 'string' ? line.event : '';
  const schema = Object.hasOwn(lines, event) ? lines[event] : undefined;
  if (!schema) return JSON.stringify(line);
  return encodeText(z.object({ event: z.literal(event), ...schema.shape }), line as never);
}
