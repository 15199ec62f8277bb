// `pnpm bench`: measures Fairlead, compared with OpenSSH where possible. The numbers are of one machine; the ratios hold on others.

import { writeFile } from 'node:fs/promises';

import { Scope } from '@fairlead/kit';
import { Command, InvalidArgumentError } from 'commander';

import { describeEnvironment, describeMachine } from './harness/environment.ts';
import { type BenchOptions, type BenchResult, renderResult } from './harness/result.ts';

interface Common {
  quick?: boolean;
  json?: string;
}

type Run<Options> = (options: BenchOptions, given: Options) => Promise<BenchResult>;

const runs: Array<(options: BenchOptions) => Promise<BenchResult>> = [];
const program = new Command('bench')
  .description('measures Fairlead; without a name, runs all benches one after the other')
  .option('--quick', 'few and short rounds: shows that it runs, not how fast')
  .option('--json <file>', 'write the results there')
  .action(async (given: Common) => {
    const environment = await describeMachine();
    const results = [];
    for (const run of runs) results.push(await tell(given, run));
    await writeJson(given, { environment, benches: results.map(jsonOf) });
    process.stdout.write(`${describeEnvironment(environment)}\n`);
  });

function bench<Options extends object>(
  name: string,
  description: string,
  defaults: (quick: boolean) => Options,
  run: Run<Options>,
) {
  runs.push((options) => run(options, defaults(options.quick)));
  const command = program.command(name).description(description);
  command
    .option('--quick', 'few and short rounds: shows that it runs, not how fast')
    .option('--json <file>', 'write the result there')
    .action(async () => {
      // commander gives options after the command's name to the program's options of the same name.
      const given: Common & Partial<Options> = command.optsWithGlobals();
      const environment = await describeMachine();
      const result = await tell(given, (options) => run(options, { ...defaults(options.quick), ...given }));
      await writeJson(given, { environment, ...jsonOf(result) });
      process.stdout.write(`${describeEnvironment(environment)}\n`);
    });
  return command;
}

bench(
  'double-hop',
  'first byte, tokens, gaps and bulk over two SSH hops: direct, OpenSSH, Fairlead, the SDK',
  (quick) => (quick ? { streams: [1, 10], seconds: 0.2, rounds: 1 } : { streams: [1, 50, 500], seconds: 1, rounds: 5 }),
  async (options, given) => (await import('./double-hop/run.ts')).runDoubleHop({ ...options, ...given }),
)
  .option('--streams <list>', 'requests at a time', wholeNumbers)
  .option('--seconds <n>', 'how long each figure is measured in each round', positive)
  .option('--rounds <n>', 'interleaved rounds; a verdict needs 5', positive)
  .option('--plot <file>', 'write latency over streams there, as SVG');

bench(
  'distance',
  'a laptop 40 ms from the bastion, and 100 Mbit/s with bulk beside tokens: OpenSSH, a channel a request, one channel for all',
  (quick) => (quick ? { seconds: 0.3, rounds: 1 } : { seconds: 3, rounds: 5 }),
  async (options, given) => (await import('./distance/run.ts')).runDistance({ ...options, ...given }),
)
  .option('--seconds <n>', 'how long each figure is measured in each round', positive)
  .option('--rounds <n>', 'interleaved rounds; a verdict needs 5', positive);

bench(
  'start',
  'deploy to first token, step by step: in the testbed if it can run here, else in a world of this user',
  (quick) => ({ rounds: quick ? 1 : 5, world: quick }),
  async (options, given) => (await import('./start/run.ts')).runStart({ ...options, ...given }),
)
  .option('--rounds <n>', 'deployments; a verdict needs 5', positive)
  .option('--world', 'always in a world of this user');
bench(
  'control',
  'control alone under synthetic agents and watchers: delays, CPU, memory, disk, and a restart',
  (quick) => ({
    ...(quick
      ? { agents: [50], watchers: 10, seconds: 0.5, rounds: 1 }
      : { agents: [200, 2_000], watchers: 100, seconds: 4, rounds: 5 }),
    changes: 100,
    full: false,
  }),
  async (options, given) =>
    (await import('./control/run.ts')).runControlBench({
      ...options,
      ...given,
      ...(given.full ? { agents: [200, 2_000, 10_000] } : {}),
    }),
)
  .option('--agents <list>', 'how many agents', wholeNumbers)
  .option('--full', '200, 2,000 and 10,000 agents')
  .option('--watchers <n>', 'how many watch', positive)
  .option('--changes <n>', 'changes a second', positive)
  .option('--seconds <n>', 'length of a round', positive)
  .option('--rounds <n>', 'rounds; a verdict needs 5', positive);
bench(
  'link',
  'links that are reset or frozen: how soon a consumer learns of the next generation',
  (quick) => ({ rounds: quick ? 1 : 5 }),
  async (options, given) => (await import('./link/run.ts')).runLinkBench({ ...options, ...given }),
).option('--rounds <n>', 'rounds; a verdict needs 5', positive);
bench(
  'agent',
  'start to first heartbeat, memory, CPU when idle and under a flood of log lines',
  (quick) => (quick ? { rounds: 1, seconds: 1, floodSeconds: 1 } : { rounds: 5, seconds: 60, floodSeconds: 10 }),
  async (options, given) => (await import('./agent/run.ts')).runAgentBench({ ...options, ...given }),
)
  .option('--rounds <n>', 'starts, and windows of idleness; a verdict needs 5', positive)
  .option('--seconds <n>', 'length of the idle measurement', positive);
bench(
  'nodes',
  'a job over several nodes: what two add to a start, memory of a worker, 64 that join one leader',
  (quick) => ({ rounds: quick ? 1 : 5, nodes: quick ? 8 : 64, seconds: quick ? 1 : 15 }),
  async (options, given) => (await import('./nodes/run.ts')).runNodesBench({ ...options, ...given }),
)
  .option('--rounds <n>', 'rounds; a verdict needs 5', positive)
  .option('--nodes <n>', 'how many join one leader', positive)
  .option('--seconds <n>', 'how long agents are idle before their memory is read', positive);
bench(
  'cli',
  'how long --help and list of the built package take',
  (quick) => (quick ? { rounds: 1, runs: 1 } : { rounds: 5, runs: 7 }),
  async (options, given) => (await import('./cli/run.ts')).runCli({ ...options, ...given }),
).option('--rounds <n>', 'rounds; a verdict needs 5', positive);
bench(
  'gateway',
  'requests and events a second through the gateway, beside nginx where this machine has it',
  (quick) => (quick ? { rounds: 1, seconds: 0.3 } : { rounds: 5, seconds: 2 }),
  async (options, given) => (await import('./gateway/run.ts')).runGatewayBench({ ...options, ...given }),
)
  .option('--rounds <n>', 'rounds; a verdict needs 5', positive)
  .option('--seconds <n>', 'how long each figure is measured in each round', positive)
  .option(
    '--rivals',
    "beside Portkey's gateway and LiteLLM too, which npm and pip install into ~/.cache/fairlead/bench",
  );
bench(
  'sim',
  "the simulator's own ceiling, for each second of CPU",
  (quick) => (quick ? { streams: [20], seconds: 0.3, rounds: 1 } : { streams: [50, 500], seconds: 2, rounds: 5 }),
  async (options, given) => (await import('./sim/run.ts')).runSim({ ...options, ...given }),
)
  .option('--streams <list>', 'streams at a time', wholeNumbers)
  .option('--seconds <n>', 'length of a round', positive)
  .option('--rounds <n>', 'rounds; a verdict needs 5', positive);

await program.parseAsync();

/** Runs a bench; closes what it opened at its end, and on interruption. */
async function tell(
  { quick = false }: Common,
  run: (options: BenchOptions) => Promise<BenchResult>,
): Promise<BenchResult> {
  await using scope = new Scope();
  const interrupt = () => void scope[Symbol.asyncDispose]().finally(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, interrupt);
    scope.defer(() => void process.off(signal, interrupt));
  }
  const result = await run({ quick, scope, say: (line) => void process.stderr.write(`${line}\n`) });
  process.stdout.write(`\n${renderResult(result)}\n`);
  return result;
}

function jsonOf({ bench: name, verdicts, notes, data }: BenchResult): object {
  return { bench: name, ...data, verdicts, notes };
}

async function writeJson({ json }: Common, value: object): Promise<void> {
  if (json !== undefined) await writeFile(json, `${JSON.stringify(value, undefined, 2)}\n`);
}

function wholeNumbers(text: string): number[] {
  const values = text.split(',').map(Number);
  if (values.some((value) => !Number.isInteger(value) || value < 1))
    throw new InvalidArgumentError('It must be whole numbers, with commas between them.');
  return values;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a positive number.');
  return value;
}
