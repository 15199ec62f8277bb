// A deployment for unit tests: a real HTTP server on a loopback port, each path a TCP connection to it.

import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';

import { Secret } from '@fairlead/kit';
import type { ReachableEndpoint } from '@fairlead/protocol';

import type { ChannelRequestDeps } from '../openai/channel-request.ts';
import { createKeyRing, type KeyRing } from '../openai/key-ring.ts';
import { trackPaths } from '../paths/live-paths.ts';

export interface HttpPaths extends AsyncDisposable {
  deps: ChannelRequestDeps;
  keys: KeyRing;
  /** Those that were opened, in order. */
  channels: Socket[];
  /** The next paths lead to this endpoint. */
  setEndpoint(endpoint: Partial<ReachableEndpoint>): void;
}

export async function openHttpPaths(listener: RequestListener): Promise<HttpPaths> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const channels: Socket[] = [];
  const keys = createKeyRing();
  let endpoint = { instanceId: 'aaaaaaaa', generation: 1, apiKey: new Secret('key-1') } as ReachableEndpoint;
  const paths = trackPaths(async () => {
    const channel = connectTcp({ port, host: '127.0.0.1' });
    channels.push(channel);
    await once(channel, 'connect');
    return { channel, endpoint };
  });
  return {
    keys,
    channels,
    deps: { name: 'a', paths, authorize: (headers, path) => keys.authorize(headers, path.endpoint.apiKey) },
    setEndpoint(next) {
      endpoint = { ...endpoint, ...next };
      paths.moveTo(endpoint);
    },
    async [Symbol.asyncDispose]() {
      paths[Symbol.dispose]();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
