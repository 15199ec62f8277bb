// A gateway's HTTP API for members: bodies of requests and answers. Times are milliseconds since the epoch.

import { z } from 'zod';

import {
  boundedText,
  count,
  messageLength,
  nameLength,
  nameList,
  secretLength,
  shortenedText,
  timeMs,
} from './bounds.ts';
import { secretText } from './secret-text.ts';

const limit = z.int().min(1).max(1e12);

/** Of a key, a member or a team. Absent: no limit. */
export const accountLimits = z.object({
  requestsPerMinute: limit.optional(),
  tokensPerMinute: limit.optional(),
  tokensPerDay: limit.optional(),
  tokensPerMonth: limit.optional(),
  concurrent: limit.optional(),
  maxTokens: limit.optional(),
});

/** A key as its member sees it: never its text. */
export const memberKey = z.object({
  id: boundedText(nameLength),
  member: boundedText(nameLength),
  label: boundedText(nameLength).optional(),
  /** Names of models or deployments that it is for; absent: all. */
  models: nameList.optional(),
  createdMs: timeMs,
  expiresMs: timeMs.optional(),
  revokedMs: timeMs.optional(),
  limits: accountLimits,
});
export type MemberKey = z.infer<typeof memberKey>;

/** A key that was made by this request: its text is told here and never again. */
export const newMemberKey = memberKey.extend({ key: secretText(secretLength, 1) });
export type NewMemberKey = z.infer<typeof newMemberKey>;

/** `POST /v1/join`: without a key. */
export const joinRequest = z.object({
  /** The code of the invitation. */
  invite: secretText(256, 1),
});

export const joined = newMemberKey.extend({ team: boundedText(nameLength).optional() });
export type Joined = z.infer<typeof joined>;

/** `GET /v1/keys` */
export const memberKeyList = z.object({ object: z.literal('list'), data: z.array(memberKey).max(100_000) });

/** `POST /v1/keys`: another key of the member whose key asks, for no more than that key is for. */
export const createMemberKey = z.strictObject({
  label: boundedText(nameLength).optional(),
  models: nameList.min(1).optional(),
  lifetimeMs: count.min(1).optional(),
  limits: accountLimits.optional(),
});
export type CreateMemberKey = z.infer<typeof createMemberKey>;

/** `POST /v1/keys/<id>/rotate`: another key like it, and the end of it after a while. */
export const rotateMemberKey = z.strictObject({ overlapMs: count });

/** `replaces`: the key that was rotated, which is good until then. */
export const rotatedMemberKey = newMemberKey.extend({ replaces: memberKey });
export type RotatedMemberKey = z.infer<typeof rotatedMemberKey>;

/** `GET /v1/usage`: what is left of the limits of the key that asks. */
export const ownUsage = z.object({
  object: z.literal('usage'),
  member: boundedText(nameLength),
  team: boundedText(nameLength).nullable(),
  key: boundedText(nameLength),
  limits: z
    .array(z.object({ limit: boundedText(nameLength), most: z.number(), left: z.number(), resets_in_ms: z.number() }))
    .max(100),
});
export type OwnUsage = z.infer<typeof ownUsage>;

/** `GET /v1/models`: OpenAI's fields, and how the model is. */
export const gatewayModelList = z.object({
  data: z
    .array(
      z.object({
        id: boundedText(1024),
        /** `ready`, or why not: `queued`, `starting`, `unreachable`. */
        state: boundedText(nameLength).optional().catch(undefined),
        phase: boundedText(nameLength).optional().catch(undefined),
        percent: z.number().optional().catch(undefined),
        reason: shortenedText(messageLength).optional().catch(undefined),
        estimated_start_ms: timeMs.optional().catch(undefined),
        instances: count.optional().catch(undefined),
        /** Tokens of the longest request with its answer. */
        max_model_len: count.optional().catch(undefined),
      }),
    )
    .max(100_000),
});
export type GatewayModel = z.infer<typeof gatewayModelList>['data'][number];

/** What is wrong, in OpenAI's shape. */
export const accountError = z.object({
  error: z.object({
    message: boundedText(messageLength),
    code: boundedText(nameLength),
    hint: boundedText(messageLength).optional(),
  }),
});
