// Control's HTTP routes as data: what each takes and answers. Documentation; the routes themselves are in http/.

import {
  controlHello,
  createDeployment,
  createInstance,
  deploymentCreated,
  deploymentList,
  deploymentName,
  deploymentQuery,
  deploymentStopped,
  deploymentView,
  endpointList,
  eventList,
  eventQuery,
  healthView,
  instanceId,
  instanceList,
  instanceQuery,
  instanceView,
  jobObserved,
  logLine,
  logQuery,
  publicationList,
  publicationView,
  publishDeployment,
  stopQuery,
  watchMessage,
  watchQuery,
  type WireErrorCode,
} from '@fairlead/protocol';
import { z } from 'zod';

export interface ControlRoute {
  method: 'get' | 'post' | 'put' | 'delete';
  /** With `{name}` where hono has `:name`. */
  path: string;
  summary: string;
  description?: string;
  /** Answered without a token. */
  open?: true;
  params?: z.ZodObject;
  query?: z.ZodType;
  body?: z.ZodType;
  answers: Record<number, { description: string; schema: z.ZodType; contentType?: string }>;
  /** Beside those that every route has. */
  errors?: readonly WireErrorCode[];
  /** A WebSocket: not one of hono's. */
  upgrade?: true;
}

const byName = z.object({ name: deploymentName });
const byId = z.object({ id: instanceId });

export const routeTable: readonly ControlRoute[] = [
  {
    method: 'get',
    path: '/healthz',
    summary: 'Whether control runs.',
    open: true,
    answers: { 200: { description: 'It does.', schema: healthView } },
  },
  {
    method: 'get',
    path: '/readyz',
    summary: 'Whether control takes requests.',
    open: true,
    answers: {
      200: { description: 'It does.', schema: healthView },
      503: { description: 'It is stopping.', schema: healthView },
    },
  },
  {
    method: 'get',
    path: '/v1/hello',
    summary: 'Who this control is, and which versions of the protocol it speaks.',
    answers: { 200: { description: 'Its versions, host and start.', schema: controlHello } },
  },
  {
    method: 'post',
    path: '/v1/deployments',
    summary: 'Records a deployment and makes its first instance. Submits nothing.',
    body: createDeployment,
    answers: { 201: { description: 'It is on disk. The enrolment token is shown once.', schema: deploymentCreated } },
    errors: ['name_taken', 'payload_too_large', 'storage_failed'],
  },
  {
    method: 'get',
    path: '/v1/deployments',
    summary: 'All deployments that live, and those that ended unasked within a day.',
    query: deploymentQuery,
    answers: { 200: { description: 'In no order.', schema: deploymentList } },
  },
  {
    method: 'get',
    path: '/v1/deployments/{name}',
    summary: 'One deployment with its instances.',
    params: byName,
    answers: { 200: { description: 'As it is now.', schema: deploymentView } },
    errors: ['not_found'],
  },
  {
    method: 'delete',
    path: '/v1/deployments/{name}',
    summary: 'Asks a deployment to stop; its record stays.',
    description: '`drain` lets running requests end, `now` cuts them. An agent that is away is told when it is back.',
    params: byName,
    query: stopQuery,
    answers: { 200: { description: 'It is on disk, and given where an agent was there.', schema: deploymentStopped } },
    errors: ['not_found', 'storage_failed'],
  },
  {
    method: 'post',
    path: '/v1/deployments/{name}/instances',
    summary: 'Makes one more instance of a deployment, a successor or a replica. Submits nothing.',
    description: 'Instances that have ended give up their place.',
    params: byName,
    body: createInstance,
    answers: { 201: { description: 'It is on disk. The enrolment token is shown once.', schema: deploymentCreated } },
    errors: ['not_found', 'draining', 'too_many', 'payload_too_large', 'storage_failed'],
  },
  {
    method: 'get',
    path: '/v1/endpoints/{name}',
    summary: 'Where a deployment answers now.',
    params: byName,
    answers: {
      200: {
        description: 'Each endpoint of an instance that takes requests: its address and its key.',
        schema: endpointList,
      },
    },
    errors: ['not_found', 'not_ready', 'draining'],
  },
  {
    method: 'get',
    path: '/v1/instances',
    summary: 'Instances, former ones too, newest first.',
    query: instanceQuery,
    answers: { 200: { description: 'All, or those of one deployment.', schema: instanceList } },
    errors: ['storage_failed'],
  },
  {
    method: 'get',
    path: '/v1/instances/{id}',
    summary: 'One instance.',
    params: byId,
    answers: { 200: { description: 'As it is now, or was at its end.', schema: instanceView } },
    errors: ['not_found', 'storage_failed'],
  },
  {
    method: 'post',
    path: '/v1/instances/{id}/observed',
    summary: 'Tells what the submitting side sees of the job.',
    description: 'Moves only an instance that has no agent yet, or ends one whose agent stays silent.',
    params: byId,
    body: jobObserved,
    answers: { 200: { description: 'The instance after that.', schema: instanceView } },
    errors: ['not_found', 'payload_too_large', 'storage_failed'],
  },
  {
    method: 'get',
    path: '/v1/instances/{id}/logs',
    summary: 'The last lines of a log through the instance’s agent, and with `follow` what comes.',
    params: byId,
    query: logQuery,
    answers: {
      200: { description: 'One JSON object a line.', schema: logLine, contentType: 'application/x-ndjson' },
    },
    errors: ['not_found', 'not_ready'],
  },
  {
    method: 'get',
    path: '/v1/events',
    summary: 'The history, in pages from either end.',
    description:
      'Forward: `after` and `limit`, then `after` = `next`. The newest: `last`, then `before` = `previous` for those ahead of them. Both 90 days and 50,000 events are kept at most.',
    query: eventQuery,
    answers: { 200: { description: 'Oldest first.', schema: eventList } },
    errors: ['storage_failed'],
  },
  {
    method: 'get',
    path: '/v1/publications',
    summary: 'The deployments that gateways of other accounts offer.',
    answers: { 200: { description: 'With the word of each gateway.', schema: publicationList } },
  },
  {
    method: 'put',
    path: '/v1/publications/{name}',
    summary: 'Publishes a deployment at a gateway of the same host, instead of any other.',
    description:
      'Opens the sockets of its instances to the account of the gateway. Answers with the word of the gateway, or without it after five seconds.',
    params: byName,
    body: publishDeployment,
    answers: { 200: { description: 'It is on disk.', schema: publicationView } },
    errors: ['not_found', 'payload_too_large', 'storage_failed'],
  },
  {
    method: 'delete',
    path: '/v1/publications/{name}',
    summary: 'Ends it: the gateway has no more access when this is answered.',
    params: byName,
    answers: { 200: { description: 'As it was.', schema: publicationView } },
    errors: ['not_found', 'storage_failed'],
  },
  {
    method: 'get',
    path: '/v1/watch',
    summary: 'A WebSocket: a snapshot, then every change.',
    description:
      'Each message is one JSON object in a text frame. Who reads too slowly gets `resync` and a new snapshot. After `resync` ask `/v1/events` for the events that were missed.',
    query: watchQuery,
    upgrade: true,
    answers: {
      101: { description: 'The messages that follow.', schema: watchMessage, contentType: 'application/json' },
    },
  },
];
