// The publisher's WebSocket (`/v1/publish` of a gateway): an owner's control tells a gateway of the same host what it may offer.

import { z } from 'zod';

import {
  boundedText,
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
import { deploymentName, generation, instanceId } from './ids.ts';
import { instanceState, load } from './instance.ts';
import { maxInstances } from './api.ts';
import { secretText } from './secret-text.ts';

/** An instance that takes requests. */
export const publishedInstance = z.object({
  instanceId,
  generation,
  /** A path on the host of the gateway; the socket belongs to the publisher's account. */
  socket: boundedText(pathLength),
  /** Checked by the front. */
  apiKey: secretText(secretLength),
  /** Names that the OpenAI API's `model` field takes there. */
  servedModels: nameList.min(1),
  load: load.optional(),
  /** As in `endpointView`. */
  endToEnd: endToEnd.optional(),
});
export type PublishedInstance = z.infer<typeof publishedInstance>;

/** The first message: deployments that are not in it are no longer published. */
export const publisherHello = z.object({
  type: z.literal('publisher.hello'),
  deployments: z.array(deploymentName).max(listLength),
});

/** The whole new state of one deployment. */
export const deploymentPublished = z.object({
  type: z.literal('deployment.published'),
  deployment: deploymentName,
  /** As in `deploymentView`. */
  servedModel: boundedText(256),
  /** Of the instance that is furthest. */
  state: instanceState,
  createdMs: timeMs,
  /** Empty while none takes requests. */
  instances: z.array(publishedInstance).max(maxInstances),
});
export type DeploymentPublished = z.infer<typeof deploymentPublished>;

export const deploymentWithdrawn = z.object({ type: z.literal('deployment.withdrawn'), deployment: deploymentName });

export const publisherMessage = z.discriminatedUnion('type', [
  publisherHello,
  deploymentPublished,
  deploymentWithdrawn,
]);
export type PublisherMessage = z.infer<typeof publisherMessage>;

/** The first answer. `account`: whose access to the sockets the gateway needs. */
export const publisherWelcome = z.object({
  type: z.literal('publisher.welcome'),
  publisher: boundedText(nameLength),
  account: z.object({ uid: z.int().min(0), gid: z.int().min(0) }),
});

/** What the gateway has made of a deployment, each time that it changes. */
export const deploymentTaken = z.object({
  type: z.literal('deployment.taken'),
  deployment: deploymentName,
  /** Names by which members ask for it. */
  names: nameList,
  /** Instances that it does not offer. */
  refused: z.array(z.object({ instanceId, reason: shortenedText(messageLength) })).max(maxInstances),
});
export type DeploymentTaken = z.infer<typeof deploymentTaken>;

export const gatewayMessage = z.discriminatedUnion('type', [publisherWelcome, deploymentTaken]);
export type GatewayMessage = z.infer<typeof gatewayMessage>;

/** Where a gateway takes publishers, and the token of one. */
export const publishTarget = z.object({
  /** A path on the bastion. */
  socket: z
    .string()
    .regex(/^\/[^\0]*$/, 'must be an absolute path')
    .max(107),
  /** The account of the gateway, to which the socket belongs. */
  uid: z.int().min(0).max(4_294_967_295),
  token: secretText(secretLength, 8),
});
export type PublishTarget = z.infer<typeof publishTarget>;

/** `PUT /v1/publications/{name}` */
export const publishDeployment = z.object({ gateway: publishTarget });

/** `connecting`: nothing is known yet, or the gateway is away. `refused`: the gateway or this account's rights do not allow it. */
export const publicationView = z.object({
  deployment: deploymentName,
  /** The socket of the gateway. */
  gateway: boundedText(pathLength),
  state: z.enum(['connecting', 'offered', 'waiting', 'refused']),
  /** Names by which members ask for it. */
  names: nameList,
  /** Instances that the gateway offers. */
  instances: z.int().min(0).max(maxInstances),
  /** Why it is not as it should be. */
  problem: shortenedText(messageLength).optional(),
});
export type PublicationView = z.infer<typeof publicationView>;

/** `GET /v1/publications` */
export const publicationList = z.object({ publications: z.array(publicationView).max(listLength) });
