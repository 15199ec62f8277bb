// `pnpm bench`: what Fairlead adds, beside OpenSSH in the same run, as ratios. Numbers of one machine; ratios hold elsewhere.

import { writeFile } from 'node:fs/promises';
import { cpus, release } from 'node:os';

import { Scope } from '@fairlead/kit';
import { Command, InvalidArgumentError } from 'commander';

import { measureRound, openWays, type Way } from './double-hop.ts';
import { judge, quantile } from './statistics.ts';

/** DESIGN's budget: added time to first byte of new connections, at most that of OpenSSH. */
const ADDED_AT_MOST = 1;

interface DoubleHopOptions {
  streams: number[];
  rounds: number;
  quick?: boolean;
  json?: string;
}

const program = new Command('bench').description('measures Fairlead beside OpenSSH, in one run, as ratios');
program
  .command('double-hop', { isDefault: true })
  .description('time to first byte of new connections over two SSH hops')
  .option('--streams <list>', 'requests at a time', numbers, [1, 50])
  .option('--rounds <count>', 'interleaved rounds', (text) => numbers(text)[0] ?? 5, 5)
  .option('--quick', 'few requests: shows that it runs, not how fast')
  .option('--json <file>', 'write the result there')
  .action(async (options: DoubleHopOptions) => {
    await using scope = new Scope();
    const ways = await openWays(scope);
    const results = [];
    for (const streams of options.streams) results.push(await compare(ways, streams, options));
    const environment = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, kernel: release() };
    if (options.json) await writeFile(options.json, `${JSON.stringify({ environment, results }, undefined, 2)}\n`);
    process.stdout.write(
      `${environment.cpu}, ${environment.cores} cores, Linux ${environment.kernel}, Node ${environment.node}\n`,
    );
  });
await program.parseAsync();

async function compare(ways: Way[], streams: number, options: DoubleHopOptions) {
  const requests = options.quick ? streams * 4 : Math.max(200, streams * 20);
  const rounds = options.quick ? 2 : options.rounds;
  for (const way of ways) await measureRound(way, { streams, requests: streams * 2 });
  const seen: Record<Way['name'], Array<{ p50: number; p99: number }>> = { direct: [], openssh: [], fairlead: [] };
  for (let round = 0; round < rounds; round++)
    for (const way of ways) seen[way.name].push(await measureRound(way, { streams, requests }));
  const added = seen.fairlead.map(
    ({ p50 }, round) =>
      (p50 - (seen.direct[round]?.p50 ?? 0)) / ((seen.openssh[round]?.p50 ?? 0) - (seen.direct[round]?.p50 ?? 0)),
  );
  const verdict = judge(added, ADDED_AT_MOST);
  const table = ways.map(({ name }) => ({
    way: name,
    p50: quantile(
      seen[name].map(({ p50 }) => p50),
      0.5,
    ),
    p99: quantile(
      seen[name].map(({ p99 }) => p99),
      0.5,
    ),
  }));
  process.stdout.write(`\n${streams} at a time: time to first byte, new connections, ms\n`);
  for (const { way, p50, p99 } of table)
    process.stdout.write(`  ${way.padEnd(10)} p50 ${p50.toFixed(2).padStart(8)}   p99 ${p99.toFixed(2).padStart(8)}\n`);
  process.stdout.write(
    `  added by fairlead / added by openssh: ${quantile(added, 0.5).toFixed(2)} (at most ${ADDED_AT_MOST}): ${verdict}\n`,
  );
  return { streams, ways: table, addedRatio: added, verdict };
}

function numbers(text: string): number[] {
  const values = text.split(',').map(Number);
  if (values.some((value) => !Number.isInteger(value) || value < 1))
    throw new InvalidArgumentError('It must be whole numbers.');
  return values;
}
