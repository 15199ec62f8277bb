// The tables of gateway.db. After a change here: `node --run migrations` writes the next migration.

import { index, integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Null: no limit. */
const limitColumns = () => ({
  requestsPerMinute: integer('requests_per_minute'),
  tokensPerMinute: integer('tokens_per_minute'),
  tokensPerDay: integer('tokens_per_day'),
  tokensPerMonth: integer('tokens_per_month'),
  concurrent: integer(),
  maxTokens: integer('max_tokens'),
});

/** Those that have a weight or limits of their own. */
export const teamsTable = sqliteTable('teams', {
  name: text().primaryKey(),
  weight: integer().notNull(),
  ...limitColumns(),
  createdMs: real('created_ms').notNull(),
});

export const membersTable = sqliteTable('members', {
  name: text().primaryKey(),
  team: text(),
  ...limitColumns(),
  createdMs: real('created_ms').notNull(),
});

export const keysTable = sqliteTable(
  'keys',
  {
    id: text().primaryKey(),
    member: text().notNull(),
    label: text(),
    /** SHA-256 of the key, in hex. */
    hash: text().notNull(),
    /** JSON: a list of names; null: all models. */
    models: text({ mode: 'json' }).$type<string[]>(),
    createdMs: real('created_ms').notNull(),
    expiresMs: real('expires_ms'),
    revokedMs: real('revoked_ms'),
    ...limitColumns(),
  },
  (table) => [index('keys_member').on(table.member)],
);

/** Promises of keys to members, each redeemed once. */
export const invitesTable = sqliteTable(
  'invites',
  {
    id: text().primaryKey(),
    member: text().notNull(),
    /** SHA-256 of the code, in hex. */
    hash: text().notNull(),
    createdMs: real('created_ms').notNull(),
    expiresMs: real('expires_ms').notNull(),
    usedMs: real('used_ms'),
    label: text(),
    /** As those of a key. */
    models: text({ mode: 'json' }).$type<string[]>(),
    keyExpiresMs: real('key_expires_ms'),
  },
  (table) => [index('invites_member').on(table.member)],
);

/** A row for each request of a member, when it is over. Never what was asked or answered. */
export const usageTable = sqliteTable(
  'usage',
  {
    requestId: text('request_id').primaryKey(),
    atMs: real('at_ms').notNull(),
    member: text().notNull(),
    team: text(),
    keyId: text('key_id').notNull(),
    model: text().notNull(),
    deployment: text(),
    instanceId: text('instance_id'),
    route: text().notNull(),
    outcome: text().notNull(),
    status: integer(),
    promptTokens: integer('prompt_tokens').notNull(),
    completionTokens: integer('completion_tokens').notNull(),
    cachedTokens: integer('cached_tokens').notNull(),
    /** The counts are the gateway's own: the answer was cut before the engine told its. */
    estimated: integer({ mode: 'boolean' }).notNull(),
    queuedMs: real('queued_ms').notNull().default(0),
    firstByteMs: real('first_byte_ms'),
    totalMs: real('total_ms').notNull(),
  },
  (table) => [index('usage_at').on(table.atMs)],
);

/** Owners of the same host who may publish their deployments here. */
export const publishersTable = sqliteTable('publishers', {
  name: text().primaryKey(),
  /** The account to which their sockets belong. */
  uid: integer().notNull(),
  /** SHA-256 of the token, in hex. */
  hash: text().notNull(),
  createdMs: real('created_ms').notNull(),
});

/** Which publisher a name of a model leads to: that of the first who published it, until it is no longer published. */
export const publishedNamesTable = sqliteTable('published_names', {
  name: text().primaryKey(),
  publisher: text().notNull(),
});

/** OpenAI-compatible servers that are reached by a URL. */
export const upstreamsTable = sqliteTable('upstreams', {
  name: text().primaryKey(),
  url: text().notNull(),
  /** Sent to it with each request. The file is for this account alone. */
  apiKey: text('api_key').notNull(),
  /** JSON: the names by which members ask, and what the server takes as `model`; null: all that it lists. */
  models: text({ mode: 'json' }).$type<Record<string, string>>(),
  concurrent: integer(),
  createdMs: real('created_ms').notNull(),
});

/** Each change of teams, members and keys. Never a key. */
export const auditTable = sqliteTable('audit', {
  id: integer().primaryKey({ autoIncrement: true }),
  atMs: real('at_ms').notNull(),
  /** The account that ran the command, as `name@host`. */
  actor: text().notNull(),
  /** As `member.added`. */
  action: text().notNull(),
  subject: text().notNull(),
  /** JSON: what was set. */
  detail: text({ mode: 'json' }).$type<object>().notNull(),
});
