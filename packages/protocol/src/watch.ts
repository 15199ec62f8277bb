// The watcher's WebSocket (`/v1/watch?events=`): a snapshot, then changes in order of their sequence numbers.

import { z } from 'zod';

import { deploymentView, eventView } from './api.ts';
import { count, listLength } from './bounds.ts';
import { deploymentName } from './ids.ts';

export const watchSnapshot = z.object({
  type: z.literal('snapshot'),
  seq: count,
  deployments: z.array(deploymentView).max(listLength),
});

/** The whole new state of one deployment. */
export const deploymentChanged = z.object({
  type: z.literal('deployment.changed'),
  seq: count,
  deployment: deploymentView,
});

/** The watcher fell behind, or control cannot tell what the watcher missed: a new snapshot follows. */
export const watchResync = z.object({ type: z.literal('resync'), seq: count });

/** With `?events=true`: a new event of the history. A snapshot holds no events: after a `resync` ask for missed ones with `after`. */
export const eventAdded = z.object({
  type: z.literal('event.added'),
  /** The sequence number of the last change that was sent. */
  seq: count,
  event: eventView,
});

export const watchQuery = z.object({
  events: z.stringbool().default(false),
  deployment: deploymentName.optional().describe('Only events of this one.'),
});

export const watchMessage = z.discriminatedUnion('type', [watchSnapshot, deploymentChanged, watchResync, eventAdded]);
export type WatchMessage = z.infer<typeof watchMessage>;
