// Calls and watches of control over a network that drops after every possible number of bytes. carrier/src/secure-pinned.test.ts
// does the same with the TLS below.

import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';

import { createMemoryNetwork, type MemoryNetwork, type Towards } from '@fairlead/carrier/testing';
import { Scope, Secret } from '@fairlead/kit';
import type { EndpointAddress } from '@fairlead/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';

import { cutEverywhere } from '../testing/cut-everywhere.ts';
import { createControlApi } from './control-api.ts';
import { watchControl } from './watch.ts';

const lost = { code: 'control_unreachable', retryable: true };
const events = Array.from({ length: 5 }, (_, seq) => ({
  seq,
  atMs: 1,
  recordedMs: 1,
  deployment: 'a',
  instanceId: 'aaaaaaaa',
  kind: 'k',
  message: 'said',
}));

let scope: Scope;
let network: MemoryNetwork;
let address: EndpointAddress | undefined;
/** Requests that control got. */
let asked: number;

beforeEach(() => {
  scope = new Scope();
  network = createMemoryNetwork();
  asked = 0;
  const watchers = new WebSocketServer({ noServer: true });
  const control = createServer((_request, response) => {
    asked += 1;
    // Node's agent keeps none but sockets for the next call.
    response.shouldKeepAlive = false;
    response.end(JSON.stringify({ events, next: 5 }));
  });
  control.on('upgrade', (request, socket, head) =>
    watchers.handleUpgrade(request, socket, head, (watcher) => {
      watcher.on('error', () => undefined);
      for (const { seq } of events) watcher.send(JSON.stringify({ type: 'resync', seq }));
    }),
  );
  const offering = network.offerer.offer({
    instanceId: 'aaaaaaaa',
    use: 'control',
    firstGeneration: 1,
    accept(channel) {
      channel.on('error', () => undefined);
      control.emit('connection', channel);
    },
    onUp: (up) => (address = up.address),
    onDown: () => (address = undefined),
    onTrouble: () => undefined,
    onHopeless: () => undefined,
  });
  scope.use(offering);
});
afterEach(() => scope[Symbol.asyncDispose]());

async function openSocket(): Promise<Duplex> {
  while (!address) await new Promise(setImmediate);
  return network.reacher.reach(address);
}

const deps = { openSocket, ownerToken: new Secret('t') };

describe.each<Towards>(['front', 'consumer'])('A cut after any number of bytes towards the %s', (towards) => {
  it('of a call to control leaves a whole answer or the one error', async () => {
    const ask = async () => {
      // A connection of its own, so that each call takes the same bytes.
      using api = createControlApi(deps);
      return (await api.events({})).events;
    };
    let cuts = 0;
    for await (const { bytes, outcome } of cutEverywhere(network, towards, ask)) {
      expect({ bytes, outcome }).toEqual({ bytes, outcome: 'value' in outcome ? { value: events } : lost });
      if ('code' in outcome) cuts += 1;
      expect(asked).toBeLessThanOrEqual(bytes + 2);
    }
    expect(cuts).toBeGreaterThan(50);
    expect(await ask()).toEqual(events);
  });

  it('of a watch leaves its first messages, each once, and the one error', async () => {
    let got: number[] = [];
    const follow = async () => {
      got = [];
      for await (const { seq } of watchControl(deps)) if (got.push(seq) === events.length) break;
      return got;
    };
    const whole = await follow();
    const lengths = new Set<number>();
    for await (const { bytes, outcome } of cutEverywhere(network, towards, follow)) {
      expect({ bytes, outcome }).toEqual({ bytes, outcome: 'value' in outcome ? { value: whole } : lost });
      expect(whole.slice(0, got.length)).toEqual(got);
      lengths.add(got.length);
    }
    if (towards === 'consumer') expect(lengths.size).toBe(events.length);
    expect(await follow()).toEqual(whole);
  });
});
