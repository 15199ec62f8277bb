// Control's HTTP API for the CLI and the SDK: bodies of requests and answers. Times are milliseconds since the epoch.

import { z } from 'zod';

import {
  boundedText,
  count,
  durationMs,
  LIST_LENGTH,
  MESSAGE_LENGTH,
  NAME_LENGTH,
  nameList,
  PATH_LENGTH,
  SECRET_LENGTH,
  shortenedText,
  timeMs,
} from './bounds.ts';
import { deploymentName, generation, instanceId, restart } from './ids.ts';
import { endCause, instanceState, load } from './instance.ts';
import { logSource, versionRange } from './agent-link.ts';

export const controlHello = z.object({
  protocol: versionRange,
  controlVersion: boundedText(NAME_LENGTH),
  hostname: boundedText(NAME_LENGTH),
  bootId: boundedText(NAME_LENGTH),
  leaseMs: durationMs,
  /** When this control was started. */
  startedMs: timeMs.optional(),
  /** Of its database: counts up with each migration. */
  schemaVersion: count.optional(),
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

export const endpointRef = z.object({ generation, socket: boundedText(PATH_LENGTH) });

export const instanceView = z.object({
  id: instanceId,
  deployment: deploymentName,
  jobId: boundedText(NAME_LENGTH).optional(),
  restart,
  state: instanceState,
  hostname: boundedText(NAME_LENGTH).optional(),
  /** Of the agent that speaks for it, and the protocol version agreed with it. Absent until it has come since control's start. */
  agent: z.object({ version: boundedText(NAME_LENGTH), protocol: versionRange.shape.max }).optional(),
  gpus: nameList,
  models: nameList,
  /** Present while the instance's tunnel is up and its lease holds. `socket` is a path on the bastion. */
  endpoint: endpointRef.optional(),
  deadlineMs: timeMs.optional(),
  leaseUntilMs: timeMs.optional(),
  load: load.optional(),
  jobDir: boundedText(PATH_LENGTH),
  createdMs: timeMs,
  updatedMs: timeMs,
});
export type InstanceView = z.infer<typeof instanceView>;

export const deploymentView = z.object({
  name: deploymentName,
  model: boundedText(512),
  servedModel: boundedText(256),
  engine: boundedText(32),
  cluster: boundedText(64),
  wanted: z.enum(['running', 'stopped']),
  createdMs: timeMs,
  instance: instanceView,
});
export type DeploymentView = z.infer<typeof deploymentView>;

export const deploymentCreated = z.object({
  deployment: deploymentView,
  /** Shown once; control keeps its hash. */
  enrolmentToken: boundedText(SECRET_LENGTH),
});
export type DeploymentCreated = z.infer<typeof deploymentCreated>;

export const deploymentList = z.object({ deployments: z.array(deploymentView).max(LIST_LENGTH) });
export const instanceList = z.object({ instances: z.array(instanceView).max(LIST_LENGTH) });

/** What the submitting side saw of the job. `POST /v1/instances/{id}/observed` Only moves an instance that has no agent yet, or ends it. */
export const jobObserved = z.object({
  jobId: z.string().min(1).max(64).optional(),
  state: z
    .discriminatedUnion('status', [
      z.object({
        status: z.literal('queued'),
        reason: shortenedText(512).optional(),
        estimatedStartMs: timeMs.optional(),
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
  socket: boundedText(PATH_LENGTH),
  /** Checked by the front. A secret: never printed but by `connect --json`. */
  apiKey: boundedText(SECRET_LENGTH),
  model: boundedText(1024),
  state: instanceState,
  deadlineMs: timeMs.optional(),
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
  seq: count,
  /** When it happened; what an agent tells is set right by control where the clocks differ. */
  atMs: timeMs,
  /** When control stored it. */
  recordedMs: timeMs.optional(),
  deployment: boundedText(64),
  instanceId: boundedText(64),
  kind: boundedText(64),
  message: shortenedText(MESSAGE_LENGTH),
});
export type EventView = z.infer<typeof eventView>;

/** `GET /v1/events`: forward from `after`, or with `last` the newest ones, or those before `before`. Always oldest first. */
export const eventQuery = z
  .object({
    deployment: deploymentName.optional(),
    after: z.coerce
      .number()
      .int()
      .min(0)
      .max(Number.MAX_SAFE_INTEGER)
      .optional()
      .describe('Begin after this sequence number. Default 0.'),
    limit: z.coerce.number().int().min(1).max(1000).optional().describe('How many from there on. Default 100.'),
    last: z.coerce.number().int().min(1).max(1000).optional().describe('The newest so many, instead of the oldest.'),
    before: z.coerce
      .number()
      .int()
      .min(1)
      .max(Number.MAX_SAFE_INTEGER)
      .optional()
      .describe('With `last`: the newest of those before this one.'),
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
  events: z.array(eventView).max(LIST_LENGTH),
  /** `after` for the page that follows. */
  next: count,
  /** `before` for the page ahead of this one; absent where nothing older is kept. Only with `last`. */
  previous: count.optional(),
});

/** `GET /v1/instances/{id}/logs?source=&lines=&follow=`: one JSON object a line. */
export const logLine = z.union([
  z.object({ lines: z.array(z.string().max(LIST_LENGTH)).max(LIST_LENGTH) }),
  z.object({ error: shortenedText(MESSAGE_LENGTH) }),
]);

export const logQuery = z.object({
  source: logSource.default('engine'),
  lines: z.coerce.number().int().min(0).max(100_000).default(200),
  follow: z.stringbool().default(false),
});
