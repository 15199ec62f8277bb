// What the gateway answers itself: its health, and the models that a key may use.

import { STATUS_CODES } from 'node:http';

import { type ApiRoute, modelOf, modelRoute, type Refusal, refuse } from '@fairlead/openai-wire';
import { isServing } from '@fairlead/protocol';

import type { Grant } from '../accounts/account-records.ts';
import type { LimitLeft } from '../limits/budget.ts';
import { findOfferedModel, mayUse } from '../relay/find-offered-model.ts';
import { healthRoute, modelListRoute, usageRoute } from '../relay/relayed-routes.ts';
import type { Contexts } from '../routing/follow-contexts.ts';
import type { ModelTable, OfferedModel } from '../routing/offer.ts';

export type LocalAnswer = { ok: true; body: object } | { ok: false; refusal: Refusal };

export interface LocalFacts {
  models: ModelTable;
  grant: Grant;
  leftOf: (grant: Grant) => readonly LimitLeft[];
  contextOf: Contexts['contextOf'];
}

/** Undefined for a route that goes to an instance. */
export function answerLocally(
  route: ApiRoute,
  path: string,
  { models, grant, leftOf, contextOf }: LocalFacts,
): LocalAnswer | undefined {
  const { key } = grant;
  if (route === usageRoute) return { ok: true, body: describeLimits(grant, leftOf(grant)) };
  if (route === modelListRoute) {
    const data = [...models.values()]
      .filter((model) => mayUse(key, model))
      .map((model) => describeModel(model, contextOf(model)));
    return { ok: true, body: { object: 'list', data } };
  }
  if (route !== modelRoute) return undefined;
  const name = modelOf(path);
  if (name === undefined)
    return {
      ok: false,
      refusal: refuse(
        'bad_request',
        'The name of the model in this path has an escape that is no UTF-8. Correct the client.',
      ),
    };
  const found = findOfferedModel(models, key, name);
  return found.ok ? { ok: true, body: describeModel(found.model, contextOf(found.model)) } : found;
}

export function isHealthRoute(route: ApiRoute): boolean {
  return route === healthRoute;
}

export interface LocalFrame {
  requestId: string;
  keepAlive: boolean;
}

export function renderLocal(body: object, { requestId, keepAlive }: LocalFrame): Buffer {
  const content = JSON.stringify(body);
  return Buffer.from(
    `HTTP/1.1 200 ${STATUS_CODES[200]}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(content)}\r\nx-fairlead-request-id: ${requestId}\r\nconnection: ${keepAlive ? 'keep-alive' : 'close'}\r\n\r\n${content}`,
  );
}

/** Times are milliseconds from now. */
function describeLimits({ member, key }: Grant, limits: readonly LimitLeft[]): object {
  const data = limits.map(({ limit, most, left, resetMs }) => ({ limit, most, left, resets_in_ms: resetMs }));
  return { object: 'usage', member: member.name, team: member.team ?? null, key: key.id, limits: data };
}

/** OpenAI's fields, and how the model is. */
function describeModel({ id, createdMs, state, offers }: OfferedModel, contextTokens: number | undefined): object {
  const { status } = state;
  const isUp = isServing(state) && offers.length > 0;
  return {
    id,
    object: 'model',
    created: Math.floor(createdMs / 1000),
    owned_by: 'fairlead',
    state: isUp ? 'ready' : isServing(state) ? 'unreachable' : status,
    ...(state.status === 'starting' ? { phase: state.phase, percent: state.percent } : {}),
    ...(state.status === 'queued' ? { reason: state.reason, estimated_start_ms: state.estimatedStartMs } : {}),
    instances: offers.length,
    // As vLLM names it.
    ...(contextTokens === undefined ? {} : { max_model_len: contextTokens }),
  };
}
