// Control's HTTP API for the CLI and the SDK: bodies of requests and answers. Times are milliseconds since the epoch.

import { z } from 'zod';

import { deploymentName, generation, instanceId } from './ids.ts';
import { endCause, instanceState, load } from './instance.ts';
import { logSource } from './agent-link.ts';

export const controlHello = z.object({
  protocol: z.object({ min: z.int(), max: z.int() }),
  controlVersion: z.string(),
  hostname: z.string(),
  bootId: z.string(),
  leaseMs: z.int(),
  /** When this control was started. */
  startedMs: z.number().optional(),
  /** Of its database: counts up with each migration. */
  schemaVersion: z.int().optional(),
});
export type ControlHello = z.infer<typeof controlHello>;

/** What is wanted. `POST /v1/deployments` */
export const createDeployment = z.object({
  name: deploymentName,
  /** A Hugging Face id, a path on the cluster, or what the preset says. */
  model: z.string().min(1).max(512),
  /** The name in the OpenAI API's `model` field. */
  servedModel: z.string().min(1).max(256),
  engine: z.string().min(1).max(32),
  cluster: z.string().min(1).max(64),
  /** The directory of the instance's files on the cluster, for logs after its end. `{instance}` is replaced by the id. */
  jobDir: z.string().min(1).max(1024),
});
export type CreateDeployment = z.infer<typeof createDeployment>;

/** `GET /v1/deployments?all=` */
export const deploymentQuery = z.object({
  all: z.stringbool().default(false).describe('Also those that were stopped, or ended more than a day ago.'),
});

/** `GET /v1/instances?deployment=` */
export const instanceQuery = z.object({ deployment: deploymentName.optional() });

export const endpointRef = z.object({ generation, socket: z.string() });

export const instanceView = z.object({
  id: instanceId,
  deployment: deploymentName,
  jobId: z.string().optional(),
  restart: z.int(),
  state: instanceState,
  hostname: z.string().optional(),
  /** Of the agent that speaks for it, and the protocol version agreed with it. Absent until it has come since control's start. */
  agent: z.object({ version: z.string(), protocol: z.int() }).optional(),
  gpus: z.array(z.string()),
  models: z.array(z.string()),
  /** Present while the instance's tunnel is up and its lease holds. `socket` is a path on the bastion. */
  endpoint: endpointRef.optional(),
  deadlineMs: z.number().optional(),
  leaseUntilMs: z.number().optional(),
  load: load.optional(),
  jobDir: z.string(),
  createdMs: z.number(),
  updatedMs: z.number(),
});
export type InstanceView = z.infer<typeof instanceView>;

export const deploymentView = z.object({
  name: deploymentName,
  model: z.string(),
  servedModel: z.string(),
  engine: z.string(),
  cluster: z.string(),
  wanted: z.enum(['running', 'stopped']),
  createdMs: z.number(),
  instance: instanceView,
});
export type DeploymentView = z.infer<typeof deploymentView>;

export const deploymentCreated = z.object({
  deployment: deploymentView,
  /** Shown once; control keeps its hash. */
  enrolmentToken: z.string(),
});
export type DeploymentCreated = z.infer<typeof deploymentCreated>;

export const deploymentList = z.object({ deployments: z.array(deploymentView) });
export const instanceList = z.object({ instances: z.array(instanceView) });

/** What the submitting side saw of the job. `POST /v1/instances/{id}/observed` Only moves an instance that has no agent yet, or ends it. */
export const jobObserved = z.object({
  jobId: z.string().min(1).max(64).optional(),
  state: z
    .discriminatedUnion('status', [
      z.object({
        status: z.literal('queued'),
        reason: z.string().max(512).optional(),
        estimatedStartMs: z.number().optional(),
      }),
      z.object({ status: z.literal('stopped'), cause: endCause }),
      z.object({ status: z.literal('failed'), cause: endCause }),
    ])
    .optional(),
});
export type JobObserved = z.infer<typeof jobObserved>;

/** `GET /v1/endpoints/{name}`: where a deployment answers now. */
export const endpointView = z.object({
  deployment: deploymentName,
  instanceId,
  generation,
  /** Path of the unix socket on the bastion. */
  socket: z.string(),
  /** Checked by the front. A secret: never printed but by `connect --json`. */
  apiKey: z.string(),
  model: z.string(),
  state: instanceState,
  deadlineMs: z.number().optional(),
});
export type EndpointView = z.infer<typeof endpointView>;

/** `DELETE /v1/deployments/{name}?mode=drain|now` */
export const stopMode = z.enum(['drain', 'now']);
export type StopMode = z.infer<typeof stopMode>;
export const stopQuery = z.object({ mode: stopMode.default('drain') });

export const deploymentStopped = z.object({
  deployment: deploymentView,
  /** Whether a live agent was there to take the order. */
  delivered: z.boolean(),
});

export const eventView = z.object({
  seq: z.int(),
  /** When it happened; what an agent tells is set right by control where the clocks differ. */
  atMs: z.number(),
  /** When control stored it. */
  recordedMs: z.number().optional(),
  deployment: z.string(),
  instanceId: z.string(),
  kind: z.string(),
  message: z.string(),
});
export type EventView = z.infer<typeof eventView>;

/** `GET /v1/events`: forward from `after`, or with `last` the newest ones, or those before `before`. Always oldest first. */
export const eventQuery = z
  .object({
    deployment: deploymentName.optional(),
    after: z.coerce.number().int().min(0).optional().describe('Begin after this sequence number. Default 0.'),
    limit: z.coerce.number().int().min(1).max(1000).optional().describe('How many from there on. Default 100.'),
    last: z.coerce.number().int().min(1).max(1000).optional().describe('The newest so many, instead of the oldest.'),
    before: z.coerce.number().int().min(1).optional().describe('With `last`: the newest of those before this one.'),
  })
  .refine(({ last, after, limit }) => last === undefined || (after === undefined && limit === undefined), {
    path: ['last'],
    error: 'goes with `before`, not with `after` or `limit`',
  })
  .refine(({ last, before }) => before === undefined || last !== undefined, {
    path: ['before'],
    error: 'goes with `last`',
  });
export type EventQuery = z.output<typeof eventQuery>;

export const eventList = z.object({
  events: z.array(eventView),
  /** `after` for the page that follows. */
  next: z.int(),
  /** `before` for the page ahead of this one; absent where nothing older is kept. Only with `last`. */
  previous: z.int().optional(),
});

/** `GET /v1/instances/{id}/logs?source=&lines=&follow=`: one JSON object a line. */
export const logLine = z.union([z.object({ lines: z.array(z.string()) }), z.object({ error: z.string() })]);

export const logQuery = z.object({
  source: logSource.default('engine'),
  lines: z.coerce.number().int().min(0).max(100_000).default(200),
  follow: z.stringbool().default(false),
});
