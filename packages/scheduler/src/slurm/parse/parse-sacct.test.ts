import { expect, test } from 'vitest';
import { parseSacct } from './parse-sacct.ts';

test('parseSacct reads jobs with suffixed states, unknown times and no nodes', () => {
  const stdout = `4|CANCELLED by 20001|0:15|None|1795231952|1795231960|1795231950|node[1-2]|gpu|fl-a
6|PENDING|0:0|PartitionNodeLimit|Unknown|Unknown|1795231950|None assigned|gpu|a|b
3|OUT_OF_MEMORY|0:125|OutOfMemory|1795231952|1795231960|1795231950|node1|gpu|fl-c
3.batch|OUT_OF_MEMORY|0:125||1795231952|1795231960|1795231950|node1||batch
Slurm accounting storage is disabled
`;
  expect(parseSacct(stdout)).toEqual([
    {
      jobId: '4',
      state: 'CANCELLED by 20001',
      exitCode: { code: 0, signal: 15 },
      startMs: 1_795_231_952_000,
      endMs: 1_795_231_960_000,
      submitMs: 1_795_231_950_000,
      nodes: 'node[1-2]',
      partition: 'gpu',
      name: 'fl-a',
    },
    {
      jobId: '6',
      state: 'PENDING',
      exitCode: { code: 0, signal: 0 },
      reason: 'PartitionNodeLimit',
      submitMs: 1_795_231_950_000,
      partition: 'gpu',
      name: 'a|b',
    },
    {
      jobId: '3',
      state: 'OUT_OF_MEMORY',
      exitCode: { code: 0, signal: 125 },
      reason: 'OutOfMemory',
      startMs: 1_795_231_952_000,
      endMs: 1_795_231_960_000,
      submitMs: 1_795_231_950_000,
      nodes: 'node1',
      partition: 'gpu',
      name: 'fl-c',
    },
  ]);
});

test('parseSacct keeps a bar in the reason and in the name apart from its own', () =>
  expect(parseSacct('7|FAILED|1:0|site|says no|1795231952|1795231960|1795231950|node1|gpu|a|b')).toEqual([
    {
      jobId: '7',
      state: 'FAILED',
      exitCode: { code: 1, signal: 0 },
      reason: 'site|says no',
      startMs: 1_795_231_952_000,
      endMs: 1_795_231_960_000,
      submitMs: 1_795_231_950_000,
      nodes: 'node1',
      partition: 'gpu',
      name: 'a|b',
    },
  ]));
