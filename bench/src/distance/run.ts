// `bench distance`: a relay in this process puts 40 ms, and then a link of 100 Mbit/s, between the laptop's programs and the bastion.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

import type { Scope } from '@fairlead/kit';

import { openWays, type Ways } from '../double-hop/open-ways.ts';
import type { BenchOptions, BenchResult } from '../harness/result.ts';
import { median } from '../harness/statistics.ts';
import { openRelay, type Relay } from './relay.ts';
import {
  type DistantRound,
  type DistantRounds,
  type DistantWay,
  distantWays,
  rowsOf,
  tablesOf,
  verdictsOf,
} from './rows.ts';

export interface DistanceOptions extends BenchOptions {
  seconds: number;
  rounds: number;
}

const delayMs = 20;
const bytesPerSecond = 12_500_000;
const [streams, bulks] = [50, 8];
const probes = 10;
/** Requests that warm up each way: before them, Node still compiles its hot code. */
const warmUpSeconds = 5;

export async function runDistance(options: DistanceOptions): Promise<BenchResult> {
  const { scope, say, quick, seconds, rounds } = options;
  const relays: Relay[] = [];
  const between = async (port: number) => {
    const relay = scope.use(await openRelay({ to: { host: '127.0.0.1', port }, delayMs }));
    relays.push(relay);
    return relay.port;
  };
  const ways = await openWays(scope, say, { names: distantWays, between });
  const [relay] = relays;
  if (!relay) throw new Error('there is no relay');
  const roundTrip = await openProbe(scope);
  for (const way of distantWays) {
    say(`warming up: ${way}`);
    await ways.load.order('firstBytes', { way, streams, seconds: quick ? 1 : warmUpSeconds, keep: false });
    await ways.idle();
  }
  const seen: Record<DistantWay, DistantRound[]> = emptyRounds();
  for (let round = 0; round < rounds; round++) {
    say(`round ${round + 1} of ${rounds}`);
    const roundTripMs = await roundTrip();
    for (const way of distantWays) seen[way].push({ roundTripMs, ...(await measure(ways, { way, relay, seconds })) });
  }
  const rows = rowsOf(seen);
  return {
    bench: 'distance',
    tables: tablesOf(rows),
    verdicts: verdictsOf(seen),
    notes: notesOf(options, seen),
    data: { ways: rows },
  };
}

function emptyRounds(): Record<DistantWay, DistantRound[]> {
  return { direct: [], openssh: [], 'openssh-session': [], fairlead: [], 'fairlead-mux': [] };
}

async function measure(
  ways: Ways,
  { way, relay, seconds }: { way: DistantWay; relay: Relay; seconds: number },
): Promise<Omit<DistantRound, 'roundTripMs'>> {
  const { load } = ways;
  const alone = await load.order('firstBytes', { way, streams: 1, seconds, keep: false });
  await ways.idle();
  const among = await load.order('firstBytes', { way, streams, seconds: seconds / 3, keep: false });
  await ways.idle();
  relay.limit(bytesPerSecond);
  const narrow = await load.order('delays', { way, streams, bulks, seconds });
  relay.limit(undefined);
  await ways.idle();
  // The engine's own socket is not behind the relay.
  const onTheWayMs = way === 'direct' ? 0 : delayMs;
  return {
    aloneMs: { p50: alone.p50, p99: alone.p99 },
    amongMs: { p50: among.p50, p99: among.p99 },
    delayMs: { p50: narrow.p50 + onTheWayMs, p99: narrow.p99 + onTheWayMs },
    bulkMBPerSecond: narrow.bulkMBPerSecond,
    failures: alone.failures + among.failures + narrow.failures,
  };
}

/** Measures what a relay of the same delay takes for a byte there and back. */
async function openProbe(scope: Scope): Promise<() => Promise<number>> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.pipe(socket).on('error', () => socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.defer(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const relay = scope.use(await openRelay({ to: { host: '127.0.0.1', port }, delayMs }));
  const socket = connect({ host: '127.0.0.1', port: relay.port, noDelay: true });
  scope.defer(() => void socket.destroy());
  await once(socket, 'connect');
  return async () => {
    const takenMs: number[] = [];
    for (let probe = 0; probe < probes; probe++) {
      const beganMs = performance.now();
      socket.write('x');
      await once(socket, 'data');
      takenMs.push(performance.now() - beganMs);
    }
    return median(takenMs);
  };
}

function notesOf({ rounds, seconds }: DistanceOptions, seen: DistantRounds): string[] {
  const roundTripMs = median(seen.direct.map((round) => round.roundTripMs));
  return [
    `${rounds} interleaved rounds of ${seconds} s a figure; the relay's own round trip: ${roundTripMs.toFixed(1)} ms.`,
    'alone: one new request after the other; beside 50 streams: about 500 new ones a second.',
    "delay: how late a token is by the engine's clock, beyond the best of its stream before the bulk began, and with the 20 ms of the distance.",
    `the relay delays and paces bytes and holds 1 MiB beyond what is on its way; it loses nothing. direct is the engine's own socket, without distance.`,
  ];
}
