// Whether a request may go to the engine, and by which route. The key is checked first: a client without it learns nothing.

import type { Secret } from '@fairlead/kit';
import {
  describeWrongPath,
  pickRoute,
  type Refusal,
  refuse,
  type ApiRoute,
  type RouteTable,
  type WrongPath,
  bodyTooLarge,
  fieldValue,
  type RequestHead,
  type Interpreted,
} from '@fairlead/openai-wire';
import type { EngineAddress } from '../engine/engine-address.ts';
import { type DashboardPlace, dashboardRoute, dashboardTarget } from './dashboard-route.ts';
import { metricsRoute } from './metrics-route.ts';

export type FrontMode = 'starting' | 'serving' | 'draining';

export interface AdmissionFacts {
  mode: FrontMode;
  retryAfterSeconds: number;
  apiKey: Secret;
  /** Undefined while the engine is not there. */
  engineAddress: EngineAddress | undefined;
  /** Where the agent answers `metricsRoute`; undefined: that route is not in `routes`. */
  metricsAddress?: EngineAddress | undefined;
  /** Undefined: there is none, and its paths are no route. */
  dashboard?: DashboardPlace | undefined;
  /** What consumers may use. */
  routes: RouteTable;
  bodyBytes: number;
}

export type Admission =
  | { ok: true; route: ApiRoute; engineAddress: EngineAddress; page?: { target: string; lines: Buffer } }
  | { ok: false; refusal: Refusal };

export function decideAdmission(
  head: RequestHead,
  { credential, framing }: Interpreted,
  facts: AdmissionFacts,
): Admission {
  if (credential === undefined) return no(refuse('unauthorized', noKey));
  if (!facts.apiKey.matches(credential)) return no(refuse('unauthorized', wrongKey));
  const target = facts.dashboard && dashboardTarget(head.target);
  if (facts.dashboard && target !== undefined) {
    const { address, lines } = facts.dashboard;
    return { ok: true, route: dashboardRoute, engineAddress: address, page: { target, lines } };
  }
  const pick = pickRoute(facts.routes, head.method, head.path);
  if (!pick.ok) return no(noSuchRoute(head, pick.otherMethods, facts.routes));
  if (framing.kind === 'length' && framing.bytes > facts.bodyBytes) return no(bodyTooLarge(facts.bodyBytes));
  if (pick.route === metricsRoute && facts.metricsAddress)
    return { ok: true, route: pick.route, engineAddress: facts.metricsAddress };
  if (facts.mode === 'draining') return no(refuse('draining', draining, facts.retryAfterSeconds));
  if (facts.mode === 'starting' || facts.engineAddress === undefined) {
    return no(refuse('not_ready', notReady, facts.retryAfterSeconds));
  }
  return { ok: true, route: pick.route, engineAddress: facts.engineAddress };
}

const noKey =
  "There is no key. Send the deployment's key as `Authorization: Bearer <key>` or `x-api-key: <key>`; `fairlead connect --json` prints it.";
const wrongKey =
  "The key is not this deployment's. Use the one that `fairlead connect --json` prints; every deployment has its own.";
const draining = 'This instance is about to end and takes no new requests. Try again: the next instance will answer.';
const notReady = 'The engine is not ready yet. Try again; `fairlead status` says what it is waiting for.';

function noSuchRoute(head: RequestHead, otherMethods: string[], routes: RouteTable): Refusal {
  if (otherMethods.length === 0) return refuse('route_refused', describeWrongPath(wrongPathOf(head, routes)));
  const message = `${head.path} takes ${otherMethods.join(' and ')} only. Correct the method.`;
  return { ...refuse('method_refused', message), allow: otherMethods };
}

function wrongPathOf(head: RequestHead, routes: RouteTable): WrongPath {
  const value = (name: string) => {
    const field = head.fields.find((one) => one.name === name);
    return field && fieldValue(head, field);
  };
  return { path: head.path, routes, host: value('host'), isTls: value('x-forwarded-proto') === 'https' };
}

function no(refusal: Refusal): Admission {
  return { ok: false, refusal };
}
