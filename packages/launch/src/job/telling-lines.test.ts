import { expect, it } from 'vitest';

import { tellingLines } from './observe-job.ts';

const ending = [
  'srun: error: node2: task 1: Exited with exit code 1',
  'srun: launch/slurm: _step_signal: Terminating StepId=6.0',
  'slurmstepd-node1: error: *** STEP 6.0 ON node1 CANCELLED AT 2026-12-01T11:09:10 ***',
  'srun: error: node1: task 0: Terminated',
  'srun: Force Terminated StepId=6.0',
];

it("What a program said is shown above Slurm's words about the end, however many these are", () => {
  const said = 'node2 (rank 1): cannot make a node-local directory';
  expect(tellingLines(['older', 'old', said, 'node2 (rank 1): exit 1', ...ending])).toEqual([
    'old',
    said,
    'node2 (rank 1): exit 1',
    ...ending.slice(-2),
  ]);
});

it.each([[[]], [['one']], [ending], [['a', 'b', 'c', 'd', 'e', 'f', 'g']]])('Of %j the last five are shown', (log) => {
  expect(tellingLines(log)).toEqual(log.slice(-5));
});
