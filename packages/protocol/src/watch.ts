// The watcher's WebSocket (`/v1/watch`): a snapshot, then changes in order of their sequence numbers.

import { z } from 'zod';

import { deploymentView } from './api.ts';

export const watchSnapshot = z.object({
  type: z.literal('snapshot'),
  seq: z.int(),
  deployments: z.array(deploymentView),
});

/** The whole new truth of one deployment. */
export const deploymentChanged = z.object({
  type: z.literal('deployment.changed'),
  seq: z.int(),
  deployment: deploymentView,
});

/** The watcher fell behind or control lost its place: a new snapshot follows. */
export const watchResync = z.object({ type: z.literal('resync'), seq: z.int() });

export const watchMessage = z.discriminatedUnion('type', [watchSnapshot, deploymentChanged, watchResync]);
export type WatchMessage = z.infer<typeof watchMessage>;
