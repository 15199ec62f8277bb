// Lines of the commands of a team's gateway, as the gateway's program prints them and the CLI passes them on.

import { z } from 'zod';

import { line, ok, optionalText, text, texts } from './line.ts';

const limits = z.object({
  requestsPerMinute: z.number().optional(),
  tokensPerMinute: z.number().optional(),
  tokensPerDay: z.number().optional(),
  tokensPerMonth: z.number().optional(),
  concurrent: z.number().optional(),
  maxTokens: z.number().optional(),
});

/** Times are milliseconds since the epoch. */
const keyFields = {
  id: text,
  member: text,
  label: optionalText,
  models: texts.optional(),
  createdMs: z.number(),
  expiresMs: z.number().optional(),
  revokedMs: z.number().optional(),
  limits,
};
const detailFields = {
  weight: z.number().optional(),
  team: optionalText,
  member: optionalText,
  uid: z.number().optional(),
  url: optionalText,
  concurrent: z.number().optional(),
  models: texts.optional(),
  expiresMs: z.number().optional(),
  limits: limits.optional(),
  /** The invitation that became the key. */
  invite: optionalText,
};
const invite = z.object({ id: text, createdMs: z.number(), expiresMs: z.number(), usedMs: z.number().optional() });
const inviteFields = {
  invite,
  models: texts.optional(),
  /** Of the key. */
  expiresMs: z.number().optional(),
  joinLine: text,
};
const teamFields = { team: text, weight: z.number(), limits };
const memberFields = { member: text, team: optionalText, limits, createdMs: z.number() };

const publisherFields = { name: text, uid: z.number(), createdMs: z.number() };
const upstreamFields = {
  name: text,
  url: text,
  models: z.record(text, text).optional(),
  concurrent: z.number().optional(),
  createdMs: z.number(),
};

export const gatewayLines = {
  'gateway.listening': line('The gateway takes requests.', {
    ok,
    address: text,
    metricsPort: z.number().optional(),
  }),
  'gateway.stopped': line('The last line: it takes no more.', { ok }),
  'gateway.status': line(
    'The result: a gateway that serves, at this moment. `requests` are those of this gateway at an instance.',
    {
      ok,
      startedMs: z.number(),
      address: text,
      url: optionalText,
      connections: z.number(),
      waiting: z.number(),
      models: z.array(z.object({ id: text, state: text, instances: z.number() })),
      instances: z.array(
        z.object({
          id: text,
          deployment: text,
          requests: z.number(),
          capacity: z.number(),
          breaker: text,
          reason: optionalText,
        }),
      ),
      publishers: z
        .array(
          z.object({
            name: text,
            connected: z.boolean(),
            deployments: z.array(z.object({ deployment: text, names: texts, instances: z.number(), refused: texts })),
          }),
        )
        .optional(),
      publisherSocket: optionalText,
      usage: z
        .object({
          waiting: z.number(),
          lost: z.number(),
          journalProblem: optionalText,
          databaseProblem: optionalText,
        })
        .optional(),
    },
  ),
  'publisher.added': line('The result. `line` is told here and never again: it holds the token of the publisher.', {
    ok,
    ...publisherFields,
    line: text,
  }),
  publishers: line('The result.', { ok, publishers: z.array(z.object(publisherFields)) }),
  'publisher.removed': line('The result. Nothing of theirs is offered any more.', { ok, publisher: text }),
  'upstream.added': line('The result.', { ok, ...upstreamFields }),
  upstreams: line('The result, without their keys.', { ok, upstreams: z.array(z.object(upstreamFields)) }),
  'upstream.removed': line('The result.', { ok, upstream: text }),
  limits: line(
    'The result: teams, members and keys that have limits, and the tokens that they have used today and this month (UTC).',
    {
      ok,
      accounts: z.array(
        z.object({
          kind: text,
          name: text,
          limits,
          today: z.number(),
          thisMonth: z.number(),
          dayEndsMs: z.number(),
          monthEndsMs: z.number(),
        }),
      ),
    },
  ),
  'team.set': line('The result.', { ok, ...teamFields }),
  'team.removed': line('The result. Its members stay in it.', { ok, team: text }),
  teams: line('The result: teams with a weight or limits, and teams that members are in.', {
    ok,
    teams: z.array(z.object({ ...teamFields, members: texts })),
  }),
  audit: line(
    'The result: each change of teams, members and keys, the oldest first. `actor` is the account that made it.',
    {
      ok,
      changes: z.array(
        z.object({
          atMs: z.number(),
          actor: text,
          action: text,
          subject: text,
          detail: z.object(detailFields),
        }),
      ),
    },
  ),
  'member.added': line(
    'The result. `joinLine` is what the member gives to `fairlead join`; with `--key` there is `key` with its fields instead. Either is told here and never again: the gateway keeps hashes.',
    {
      ok,
      ...z.object({ ...keyFields, ...inviteFields, key: text }).partial().shape,
      ...memberFields,
    },
  ),
  'member.invited': line('The result. `joinLine` is told here and never again.', { ok, member: text, ...inviteFields }),
  'gateway.joined': line('The result. The key is in a 0600 file beside the profile.', {
    ok,
    gateway: text,
    url: text,
    member: text,
    team: optionalText,
    keyId: text,
    models: texts.optional(),
    expiresMs: z.number().optional(),
  }),
  'member.removed': line('The result. All keys of the member are gone.', { ok, member: text }),
  members: line('The result.', {
    ok,
    members: z.array(z.object({ ...memberFields, keys: z.array(z.object(keyFields)), invites: z.array(invite) })),
  }),
  'key.added': line('The result. `key` is told here and never again.', { ok, ...keyFields, key: text }),
  'key.rotated': line(
    'The result, for a member: a key in place of one of theirs, which is good until its `expiresMs`. `key` is there where this machine does not keep it.',
    { ok, ...keyFields, key: optionalText, replaces: z.object(keyFields) },
  ),
  'key.revoked': line('The result.', { ok, ...keyFields }),
  keys: line('The result.', { ok, keys: z.array(z.object(keyFields)) }),
  'gateway.models': line('The result: the models that a gateway offers to your key.', {
    ok,
    gateway: text,
    url: text,
    models: z.array(
      z.object({
        id: text,
        state: text,
        phase: optionalText,
        percent: z.number().optional(),
        reason: optionalText,
        estimatedStartMs: z.number().optional(),
        instances: z.number().optional(),
        contextTokens: z.number().optional(),
      }),
    ),
  }),
  'usage.own': line('The result, for a member: what is left of the limits of your key, of yours and of your team.', {
    ok,
    gateway: text,
    member: text,
    team: optionalText,
    keyId: text,
    limits: z.array(z.object({ limit: text, most: z.number(), left: z.number(), resetsInMs: z.number() })),
  }),
  usage: line(
    'The result. `name` is of what `by` says; `estimated`: requests whose tokens the gateway counted itself.',
    {
      ok,
      by: text,
      sinceMs: z.number(),
      sums: z.array(
        z.object({
          name: text,
          requests: z.number(),
          failed: z.number(),
          promptTokens: z.number(),
          completionTokens: z.number(),
          cachedTokens: z.number(),
          estimated: z.number(),
        }),
      ),
    },
  ),
};
