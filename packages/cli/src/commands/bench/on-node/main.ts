// The program of `fairlead bench --on-node`: measures on the node of a job, and prints a JSON line for each thing that it tells.

import { errorText, isCodedError, systemClock } from '@fairlead/kit';

import { nodeBench, type NodeBenchLine } from './node-bench.ts';
import { runNodeBench } from './run-node-bench.ts';

const wish = nodeBench.parse(JSON.parse(process.argv[2] ?? 'null'));
const ended = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => ended.abort(new Error('told to end')));
// Its reader has left.
process.stdout.on('error', () => process.exit(1));
const tell = (line: NodeBenchLine) => process.stdout.write(`${JSON.stringify(line)}\n`);
try {
  await runNodeBench(wish, { clock: systemClock, signal: ended.signal, tell });
} catch (error) {
  const hint = isCodedError(error) && error.hint !== undefined ? { hint: error.hint } : {};
  tell({ type: 'failed', message: errorText(error), ...hint });
  process.exitCode = 1;
}
