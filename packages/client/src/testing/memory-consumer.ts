// The SDK's requests over the carrier in memory, without control: a deployment answers wherever its offering is up.

import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';

import { createReach, reachEndpoint } from '@fairlead/carrier';
import type { MemoryAddress, MemoryNetwork } from '@fairlead/carrier/testing';
import { defined, Listeners, Secret, silentLog, systemClock } from '@fairlead/kit';
import type { ReachableEndpoint } from '@fairlead/protocol';

import { createChannelFetch, type Fetch } from '../openai/channel-fetch.ts';
import { createKeyRing } from '../openai/key-ring.ts';
import { createOpenAiCalls, type OpenAiCalls } from '../openai/openai-calls.ts';
import type { FollowerEvent } from '../paths/endpoint-follower.ts';
import type { OutageEvent } from '../paths/kept-mux.ts';
import { type Path, trackPaths } from '../paths/live-paths.ts';
import { createMuxPaths } from '../paths/mux-paths.ts';
import { openPath } from '../paths/open-path.ts';
import { createTurns } from '../paths/turns.ts';

export interface MemoryConsumer extends AsyncDisposable {
  readonly calls: OpenAiCalls;
  readonly fetch: Fetch;
  /** As control tells of an instance that drains: it takes no new requests. */
  drain(): void;
}

export interface MemoryDeployment {
  network: MemoryNetwork;
  /** What the deployment wants of its consumers. */
  apiKey: string;
  /** Owns each channel that the consumer opens. */
  accept: (channel: Duplex) => void;
  /** Requests share one channel as soon as it is up. */
  mux?: boolean;
  onOutage?: (event: OutageEvent) => void;
}

/** Disposal ends the requests and the offering. */
export function openMemoryConsumer({
  network,
  apiKey,
  accept,
  mux = false,
  onOutage,
}: MemoryDeployment): MemoryConsumer {
  const events = new Listeners<FollowerEvent>();
  let current: ReachableEndpoint | undefined;
  const channels = trackPaths((signal, patience) => openPath(deps, signal, patience));
  const offering = network.offerer.offer({
    instanceId: 'aaaaaaaa',
    use: 'data',
    firstGeneration: 1,
    accept,
    onUp({ generation, address }) {
      const endpoint = endpointAt(address, { generation, apiKey });
      const again = generation > 1;
      current = endpoint;
      channels.moveTo(endpoint);
      events.emit({ type: 'endpoint.up', endpoint, again, stillUp: [] });
    },
    onDown(reason) {
      current = undefined;
      events.emit({ type: 'endpoint.down', reason });
    },
    onTrouble: () => undefined,
    onHopeless: () => undefined,
  });
  const follower = {
    events,
    get current() {
      return current;
    },
    async next() {
      while (!current) await setImmediate();
      return current;
    },
  };
  const carrier = createReach([network.reacher]);
  const deps = {
    name: 'a',
    follower,
    carrier,
    turns: createTurns(32),
    clock: systemClock,
    random: () => 0,
    log: silentLog,
  };
  const endpoint = () => current;
  const dialFormer = (former: ReachableEndpoint, signal: AbortSignal) => reachEndpoint(carrier, former, { signal });
  const muxed = createMuxPaths({
    dialFormer,
    channels,
    warm: channels,
    endpoint,
    clock: systemClock,
    log: silentLog,
    ...defined({ onOutage }),
  });
  const paths = mux ? muxed : channels;
  const keys = createKeyRing();
  const requests = {
    name: 'a',
    paths,
    authorize: (headers: Headers, { endpoint }: { endpoint: ReachableEndpoint }) =>
      keys.authorize(headers, endpoint.apiKey),
  };
  return {
    calls: createOpenAiCalls<Path>({ ...requests, model: () => 'served' }),
    fetch: createChannelFetch({ ...requests, origins: ['http://a.invalid'] }),
    drain() {
      current = undefined;
    },
    async [Symbol.asyncDispose]() {
      await muxed[Symbol.asyncDispose]();
      channels[Symbol.dispose]();
      await offering[Symbol.asyncDispose]();
    },
  };
}

function endpointAt(address: MemoryAddress, about: { generation: number; apiKey: string }): ReachableEndpoint {
  const { generation, apiKey } = about;
  return {
    deployment: 'a',
    instanceId: 'aaaaaaaa',
    role: 'current',
    replica: 0,
    generation,
    address,
    apiKey: new Secret(apiKey),
    servedModel: 'served',
    state: { status: 'ready' },
  };
}
