// Control's HTTP API for the CLI and the SDK: bodies of requests and answers. Times are milliseconds since the epoch.

import { z } from 'zod';

import {
  boundedText,
  count,
  durationMs,
  listLength,
  messageLength,
  nameLength,
  nameList,
  pathLength,
  secretLength,
  shortenedText,
  timeMs,
} from './bounds.ts';
import { endToEnd } from './end-to-end.ts';
import { deploymentName, generation, instanceId, restart } from './ids.ts';
import { endCause, instanceRole, instanceState, load, replica } from './instance.ts';
import { endpointAddress, endpointRefs } from './address.ts';
import { logSource } from './log-source.ts';
import { versionRange } from './version-range.ts';
import { nodeList } from './node.ts';
import { secretText } from './secret-text.ts';

export const controlHello = z.object({
  protocol: versionRange,
  controlVersion: boundedText(nameLength),
  hostname: boundedText(nameLength),
  bootId: boundedText(nameLength),
  leaseMs: durationMs,
  /** When this control was started. */
  startedMs: timeMs.optional(),
  /** Number of the database's schema: each migration adds 1. */
  schemaVersion: count.optional(),
});
export type ControlHello = z.infer<typeof controlHello>;

/** `GET /healthz` and `GET /readyz` */
export const healthView = z.object({ ok: z.boolean() });

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

export const instanceView = z.object({
  id: instanceId,
  deployment: deploymentName,
  role: instanceRole,
  replica,
  jobId: boundedText(nameLength).optional(),
  restart,
  state: instanceState,
  /** The version of the instance's agent, and the protocol version agreed with it. Absent until the agent has connected to this control process. */
  agent: z.object({ version: boundedText(nameLength), protocol: versionRange.shape.max }).optional(),
  nodes: nodeList,
  /** Names that the OpenAI API's `model` field takes. */
  servedModels: nameList,
  /** Where it answers; empty while its tunnel is down or its lease is over. */
  endpoints: endpointRefs,
  deadlineMs: timeMs.optional(),
  leaseUntilMs: timeMs.optional(),
  load: load.optional(),
  /** Its front takes TLS within the channel. Absent: SSH alone encrypts, or its agent is away. */
  endToEnd: endToEnd.optional(),
  jobDir: boundedText(pathLength),
  createdMs: timeMs,
  updatedMs: timeMs,
});
export type InstanceView = z.infer<typeof instanceView>;

/** Limit of the instances of one deployment. */
export const maxInstances = 1000;

export const deploymentView = z.object({
  name: deploymentName,
  /** As the user asked for it. */
  model: boundedText(512),
  /** The name in the OpenAI API's `model` field. */
  servedModel: boundedText(256),
  engine: boundedText(32),
  cluster: boundedText(64),
  wanted: z.enum(['running', 'stopped']),
  createdMs: timeMs,
  /** At least one. The current ones first, by replica. Without instances that another one has replaced. */
  instances: z.array(instanceView).min(1).max(maxInstances),
});
export type DeploymentView = z.infer<typeof deploymentView>;

/** One more instance of a deployment. `POST /v1/deployments/{name}/instances` */
export const createInstance = z.object({
  role: instanceRole.default('successor'),
  replica: replica.default(0),
  /** As in `createDeployment`. */
  jobDir: z.string().min(1).max(1024),
});

export const deploymentCreated = z.object({
  deployment: deploymentView,
  /** The new instance, one of the deployment's. */
  instanceId,
  /** Shown once; control keeps its hash. */
  enrolmentToken: secretText(secretLength),
});
export type DeploymentCreated = z.infer<typeof deploymentCreated>;

export const deploymentList = z.object({ deployments: z.array(deploymentView).max(listLength) });
export const instanceList = z.object({ instances: z.array(instanceView).max(listLength) });

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

/** An endpoint as a consumer needs it: with its instance, and the key. */
export const endpointView = z.object({
  deployment: deploymentName,
  instanceId,
  role: instanceRole,
  replica,
  generation,
  address: endpointAddress,
  /** Checked by the front. A secret: never printed but by `connect --json`. */
  apiKey: secretText(secretLength),
  servedModel: boundedText(1024),
  state: instanceState,
  deadlineMs: timeMs.optional(),
  /** Consumers speak TLS to this certificate, within the channel. */
  endToEnd: endToEnd.optional(),
});
export type EndpointView = z.infer<typeof endpointView>;

/** `GET /v1/endpoints/{name}`: the endpoints of a deployment; `pickEndpoint` chooses one. Never empty: without an endpoint the answer is an error that says why. */
export const endpointList = z.object({ endpoints: z.array(endpointView).max(listLength) });

/** `DELETE /v1/deployments/{name}?mode=drain|now` */
export const stopMode = z.enum(['drain', 'now']);
export type StopMode = z.infer<typeof stopMode>;
export const stopQuery = z.object({ mode: stopMode.default('drain') });

export const deploymentStopped = z.object({
  deployment: deploymentView,
  /** Whether the agent of every instance that has not ended was connected and took the order. */
  delivered: z.boolean(),
});

export const eventView = z.object({
  seq: count,
  /** When it happened. Control corrects an agent's time if the clocks differ. */
  atMs: timeMs,
  /** When control stored it. */
  recordedMs: timeMs.optional(),
  deployment: boundedText(64),
  instanceId: boundedText(64),
  kind: boundedText(64),
  message: shortenedText(messageLength),
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
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(1000)
      .optional()
      .describe('Limit of the events of the page. Default 100.'),
    last: z.coerce
      .number()
      .int()
      .min(1)
      .max(1000)
      .optional()
      .describe('This many of the newest events, instead of the oldest.'),
    before: z.coerce
      .number()
      .int()
      .min(1)
      .max(Number.MAX_SAFE_INTEGER)
      .optional()
      .describe('With `last`: the newest events before this sequence number.'),
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
  events: z.array(eventView).max(listLength),
  /** `after` for the page that follows. */
  next: count,
  /** `before` for the page of older events; absent if none is stored. Only with `last`. */
  previous: count.optional(),
});

/** `GET /v1/instances/{id}/logs?source=&lines=&follow=`: one JSON object a line. */
export const logLine = z.union([
  z.object({ lines: z.array(z.string().max(listLength)).max(listLength) }),
  z.object({ error: shortenedText(messageLength) }),
]);

export const logQuery = z.object({
  source: logSource.default('engine'),
  /** Rank of the node whose log it is, over several nodes. */
  node: z.coerce.number().int().min(0).max(9999).optional(),
  lines: z.coerce.number().int().min(0).max(100_000).default(200),
  follow: z.stringbool().default(false),
});
