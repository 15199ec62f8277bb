// Lines about deployments: what deploy, list, status, logs, events and stop print.

import {
  endpointRef,
  eventView,
  deploymentView,
  instanceState,
  logSource,
  nodeList,
  stopMode,
  timeMs,
} from '@fairlead/protocol';
import { z } from 'zod';

import { routeFields } from './bastion-lines.ts';
import { line, minutes, ok, optionalText, text, texts } from './line.ts';

const endpoints = z.array(endpointRef);
const deadlineMs = timeMs.optional();

const reasons = z.array(z.object({ of: text, why: text }));
const sizedFields = {
  partition: optionalText,
  gpuType: optionalText,
  mem: optionalText,
  cpusPerTask: z.number().optional(),
  cost: z.object({ perHour: z.number(), wholeJob: z.number(), unit: text }).optional(),
};
const spent = z.object({ perHour: z.number(), total: z.number(), unit: text }).optional();

const launchLines = {
  'deployment.planned': line('What is about to be deployed. With `--dry-run` it is the result.', {
    ok: ok.optional(),
    dryRun: z.literal(true).optional(),
    name: text,
    model: text,
    engine: text,
    cluster: optionalText,
    gpus: z.number().optional(),
    nodes: z.number().optional(),
    timeMinutes: minutes.optional(),
    ...sizedFields,
    reasons: reasons.optional(),
    engineCommand: texts.optional(),
    /** Over several nodes: the engine's part on each. */
    ranks: z
      .array(
        z.object({
          rank: z.number(),
          companion: z.string().optional(),
          command: texts,
          env: z.record(z.string(), z.string()),
        }),
      )
      .optional(),
    engineCaches: z.record(z.string(), z.string()).optional(),
    risks: texts,
    configFiles: texts,
    script: optionalText,
  }),
  'deployment.sized': line('What the planner chose for the job, and why.', {
    name: text,
    gpus: z.number(),
    nodes: z.number(),
    timeMinutes: minutes,
    ...sizedFields,
    reasons,
  }),
  'job-key.made': line('The key with which jobs of a cluster reach the bastion was made and tried.', {
    cluster: text,
    marker: text,
  }),
  'agent.uploaded': line('Files of the agent were uploaded to the cluster.', { files: texts }),
  'deployment.submitted': line('The job was submitted. With `--no-wait` it is the result.', {
    ok: ok.optional(),
    name: text,
    jobId: optionalText,
    instance: optionalText,
  }),
  'instance.changed': line('An instance is in another state.', {
    instance: text,
    jobId: optionalText,
    state: instanceState,
    nodes: nodeList,
    endpoints,
    deadlineMs,
  }),
  'queue.back': line('The cluster answers again.', { cluster: text }),
  'deployment.left': line('The command ends, the job goes on.', { name: text, jobId: optionalText }),
  'deployment.interrupted': line('Ctrl-C ended the command while it was in this phase.', {
    name: text,
    phase: z.enum(['checking', 'recorded', 'submitting', 'submitted']).optional(),
  }),
  'deployment.ready': line('The result: the deployment takes requests.', {
    ok,
    name: text,
    instance: text,
    jobId: optionalText,
    servedModel: text,
    nodes: nodeList,
    endpoints,
    deadlineMs,
    startMs: z.number().optional().meta({ description: 'How long the engine took to start.' }),
    lastStartMs: z.number().optional().meta({ description: 'How long it took the last time.' }),
  }),
};

const queryLines = {
  deployments: line('The result.', { ok, deployments: z.array(deploymentView) }),
  deployment: line(
    'The result. `route` is there where several routes to the bastion are configured, `spent` where the price of a GPU hour is known: `total` until now.',
    {
      ok,
      deployment: deploymentView,
      events: z.array(eventView),
      spent,
      route: z.object(routeFields).optional(),
    },
  ),
  log: line('One line of the log. `node` and `host` are the rank and the name of its node, with `--all-nodes`.', {
    source: logSource,
    line: text,
    node: z.number().optional(),
    host: optionalText,
  }),
  'logs.ended': line('The result.', { ok, name: text, source: logSource, reason: optionalText }),
  event: eventView
    .omit({ instanceId: true, recordedMs: true })
    .extend({ instance: text })
    .describe('One entry of the history.'),
  'events.ended': line('The result. `shown` counts the entries.', {
    ok,
    name: optionalText,
    shown: z.number().optional(),
    reason: optionalText,
  }),
};

const stopLines = {
  'deployment.stopping': line('The deployment was told to end. `delivered`: an agent took the order.', {
    name: text,
    mode: stopMode.optional(),
    delivered: z.boolean(),
  }),
  'job.found': line('Jobs under the name of the deployment that control had no job id of.', {
    name: text,
    jobIds: texts,
  }),
  'job.cancelled': line('A job was cancelled.', {
    jobId: text,
    name: optionalText,
    how: z.enum(['stop', 'kill']).optional(),
  }),
  'deployment.stopped': line('The result.', {
    ok,
    name: text,
    instances: z.array(z.object({ id: text, state: instanceState })),
    spent,
  }),
};

export const deploymentLines = { ...launchLines, ...queryLines, ...stopLines };
