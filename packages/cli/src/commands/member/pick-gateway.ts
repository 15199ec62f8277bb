// Whether a command is about a gateway that this machine has joined, and which.

import { access } from 'node:fs/promises';
import type { Duplex } from 'node:stream';

import {
  connectGateway,
  createGatewayCalls,
  dialGateway,
  findGatewayPlace,
  type GatewayCalls,
  type MemberConnection,
  type GatewayConnectOptions,
  gatewaysDir,
  listGatewayNames,
  parseGatewayUrl,
  profilePath,
} from '@fairlead/client/gateway';
import { errnoOf } from '@fairlead/kit';
import type { GatewayPlace } from '@fairlead/protocol';

import type { Context } from '../../context.ts';

/** `true`: the flag without a name. */
export type GatewayFlag = string | true | undefined;

export interface JoinedGateway {
  name: string;
  place: GatewayPlace;
  calls: GatewayCalls;
  connect(
    model: string,
    options?: Pick<GatewayConnectOptions, 'port' | 'bind' | 'allowOrigins'>,
  ): Promise<MemberConnection>;
}

type Needs = Pick<Context, 'env' | 'home' | 'clock' | 'signal'>;

/**
 * The gateway of the flag or of FAIRLEAD_GATEWAY; without either the one that this machine has joined, if it has no profile, by which
 * it would reach deployments of its own. Undefined: none is meant. Throws `gateway_missing`, `gateway_unsafe` and `gateway_invalid`.
 */
export async function pickGateway(flag: GatewayFlag, context: Needs): Promise<JoinedGateway | undefined> {
  const wanted = (flag === true ? undefined : flag) ?? (context.env['FAIRLEAD_GATEWAY'] || undefined);
  if (flag === undefined && wanted === undefined && !(await isMember(context))) return undefined;
  return openJoinedGateway(wanted, context);
}

/** Also on a machine with a profile. Throws as `pickGateway` does. */
export async function openJoinedGateway(wanted: string | undefined, context: Needs): Promise<JoinedGateway> {
  const { clock, signal } = context;
  const { name, place } = await findGatewayPlace(dirOf(context), wanted);
  const { apiKey } = place;
  const url = parseGatewayUrl(place.url);
  const dial = (until: AbortSignal | undefined): Promise<Duplex> => dialGateway(url, { clock, signal: until });
  return {
    name,
    place,
    calls: createGatewayCalls({ url, dial, apiKey }),
    connect: (model, options = {}) => connectGateway(model, { ...options, url: place.url, apiKey, clock, signal }),
  };
}

function dirOf({ env, home }: Needs): string {
  return gatewaysDir(profilePath(env, home));
}

async function isMember(context: Needs): Promise<boolean> {
  if (await isThere(profilePath(context.env, context.home))) return false;
  return (await listGatewayNames(dirOf(context))).length > 0;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
