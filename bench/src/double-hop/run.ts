// `bench double-hop`: each round measures all ways in turn, so that other load on the machine disturbs all of them alike.

import { writeFile } from 'node:fs/promises';

import type { BenchOptions, BenchResult } from '../harness/result.ts';
import { type DepthOptions, depthTable, depthVerdicts, measureDepth } from './depth.ts';
import { readingPaceMs } from './load.ts';
import { openWays, type Ways } from './open-ways.ts';
import { plotLatency } from './plot.ts';
import { type Round, rowsOf, tableOf, verdictsOf, type WayName, measuredWays } from './rows.ts';
import { type ProcessOfWay, spentOnTheWay, useOf } from './way-use.ts';

export interface DoubleHopOptions extends BenchOptions {
  streams: readonly number[];
  seconds: number;
  rounds: number;
  /** The file for the plot. */
  plot?: string;
}

/** With hundreds of streams this is as much as two hops carry on two cores; at a faster pace some streams would not begin. */
const minPaceMs = 2;
/** With one stream, "at once" measures nothing new. */
const noBurst = { p50: Number.NaN, p99: Number.NaN, failures: 0 };

export async function runDoubleHop(options: DoubleHopOptions): Promise<BenchResult> {
  const ways = await openWays(options.scope, options.say);
  await warmUp(ways, options);
  // First: what large bodies leave in the memory of a program is no part of it.
  const depth = depthOf(options);
  const deep = await measureDepth(ways, depth);
  const all = [];
  const uses: Use[] = [];
  for (const streams of options.streams) {
    const seen: Record<WayName, Round[]> = {
      direct: [],
      openssh: [],
      'openssh-session': [],
      fairlead: [],
      'fairlead-mux': [],
      sdk: [],
      'sdk-mux': [],
    };
    // The bulk body does not depend on the number of streams.
    const megabytes = streams === options.streams[0] ? bulkMegabytes(options.quick) : 0;
    for (let round = 0; round < options.rounds; round++) {
      options.say(`${streams} at a time: round ${round + 1} of ${options.rounds}`);
      for (const way of measuredWays) {
        const { use, ...figures } = await measure(ways, way, { streams, seconds: options.seconds, megabytes });
        seen[way].push(figures);
        uses.push({ way, streams, ...use });
      }
    }
    all.push({ streams, seen });
  }
  const rows = all.map(({ streams, seen }) => rowsOf(streams, seen));
  if (options.plot !== undefined) await writeFile(options.plot, plotLatency(rows.flat()));
  return {
    bench: 'double-hop',
    tables: [...rows.map((some) => tableOf(some[0]?.streams ?? 0, some)), depthTable(deep, depth)],
    verdicts: [...all.flatMap(({ streams, seen }) => verdictsOf(streams, seen)), ...depthVerdicts(deep)],
    notes: [
      `${options.rounds} interleaved rounds of ${options.seconds} s a figure; the bulk is one body (measured beside the first number of streams) of ${bulkMegabytes(options.quick)} MB to the engine.`,
      'new: requests on new connections that begin among the streams, about 500 a second; at once: that many that begin at the same moment.',
      'again/s: requests a second of that many clients that ask again as soon as they are answered, each time on a new connection.',
      'in depth: in step, the tokens of all streams are due at the same moment; delay: beyond the best of each stream; ceiling: the highest rate whose tokens are at most 100 ms late (p99); CPU without engine and client, of which the SDK is a part; stalled: what the sshd processes hold more.',
      'kept: a client that would use a connection again. Ours takes one request a connection, over an SSH connection that stays.',
    ],
    data: { ways: rows.flat(), depth: deep, processes: uses },
  };
}

function depthOf({ quick, rounds, seconds, say }: DoubleHopOptions): DepthOptions {
  const size = quick
    ? { streams: 10, manyStreams: 20, readers: 3, pacesMs: [20, 10] }
    : { streams: 500, manyStreams: 2_000, readers: 50, pacesMs: [20, 14, 10, 8, 6, 5, 4] };
  return { ...size, rounds, seconds, say };
}

/** Sends about two thousand requests over each way: before that, Node still compiles its hot code. */
async function warmUp(ways: Ways, { quick, say }: DoubleHopOptions): Promise<void> {
  for (const way of measuredWays) {
    say(`warming up: ${way}`);
    await ways.load.order('firstBytes', { way, streams: 50, seconds: quick ? 1 : 30, keep: false });
    await ways.idle();
  }
}

interface Use {
  way: WayName;
  streams: number;
  /** While tokens came at full pace. */
  cpu: readonly ProcessOfWay[];
}

function bulkMegabytes(quick: boolean): number {
  return quick ? 4 : 16;
}

async function measure(
  ways: Ways,
  way: WayName,
  { streams, seconds, megabytes }: { streams: number; seconds: number; megabytes: number },
): Promise<Round & { use: Pick<Use, 'cpu'> }> {
  const { load } = ways;
  const fresh = await load.order('firstBytes', { way, streams, seconds, keep: false });
  await ways.idle();
  const kept = await load.order('firstBytes', { way, streams, seconds, keep: true });
  await ways.idle();
  const burst = streams > 1 ? await load.order('burst', { way, streams }) : noBurst;
  const again = await load.order('again', { way, streams, seconds });
  await ways.idle();
  const reading = await load.order('streams', { way, streams, seconds, decodeMs: readingPaceMs(streams) });
  await ways.idle();
  const before = await ways.processes();
  const full = await load.order('streams', { way, streams, seconds, decodeMs: minPaceMs });
  const cpu = useOf(before, await ways.processes());
  await ways.idle();
  const bulkMBPerSecond = megabytes === 0 ? Number.NaN : await load.order('bulk', { way, megabytes });
  const spent = cpu.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  return {
    ttfbNewMs: { p50: fresh.p50, p99: fresh.p99 },
    ttfbKeptMs: { p50: kept.p50, p99: kept.p99 },
    ttfbBurstMs: { p50: burst.p50, p99: burst.p99 },
    tokensPerSecond: full.tokensPerSecond,
    gapP99Ms: reading.gapP99Ms,
    bulkMBPerSecond,
    cpuSecondsPerToken: spent / full.allTokens,
    wayCpuSecondsPerToken: spentOnTheWay(cpu) / full.allTokens,
    requestsPerSecond: again.requestsPerSecond,
    failures: fresh.failures + kept.failures + burst.failures + again.failures + reading.failures + full.failures,
    use: { cpu },
  };
}
