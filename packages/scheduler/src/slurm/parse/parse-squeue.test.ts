import { expect, test } from 'vitest';
import { parseSqueue } from './parse-squeue.ts';

// Recorded from Slurm 22.05.8 with SLURM_TIME_FORMAT=%s.
const recorded = `Last login: today | from somewhere
CLUSTER: tb
20|FAILED|JobLaunchFailure|node1|1795231952|1795231952|1795231952|gpu|fl|e
16|RUNNING|None|node[1-2]|1795231952|1795232072|1795231951|gpu|fl-b
3|PENDING|PartitionConfig||N/A|N/A|1795231749|gpu|fl-x
4|PENDING|ReqNodeNotAvail, UnavailableNodes:node2||1795235349|1795235469|1795231749|gpu|fl-y
12_[1-3%1]|PENDING|None||N/A|N/A|1795231749|gpu|array
17|COMPLETING|None|node1|1795231952|1795232049|1795231952|gpu|
`;

test('parseSqueue reads jobs and passes over everything else', () => {
  expect(parseSqueue(recorded)).toEqual([
    {
      jobId: '20',
      state: 'FAILED',
      reason: 'JobLaunchFailure',
      nodes: 'node1',
      startMs: 1_795_231_952_000,
      endMs: 1_795_231_952_000,
      submitMs: 1_795_231_952_000,
      partition: 'gpu',
      name: 'fl|e',
    },
    {
      jobId: '16',
      state: 'RUNNING',
      nodes: 'node[1-2]',
      startMs: 1_795_231_952_000,
      endMs: 1_795_232_072_000,
      submitMs: 1_795_231_951_000,
      partition: 'gpu',
      name: 'fl-b',
    },
    {
      jobId: '3',
      state: 'PENDING',
      reason: 'PartitionConfig',
      submitMs: 1_795_231_749_000,
      partition: 'gpu',
      name: 'fl-x',
    },
    {
      jobId: '4',
      state: 'PENDING',
      reason: 'ReqNodeNotAvail, UnavailableNodes:node2',
      startMs: 1_795_235_349_000,
      endMs: 1_795_235_469_000,
      submitMs: 1_795_231_749_000,
      partition: 'gpu',
      name: 'fl-y',
    },
    { jobId: '12_[1-3%1]', state: 'PENDING', submitMs: 1_795_231_749_000, partition: 'gpu', name: 'array' },
    {
      jobId: '17',
      state: 'COMPLETING',
      nodes: 'node1',
      startMs: 1_795_231_952_000,
      endMs: 1_795_232_049_000,
      submitMs: 1_795_231_952_000,
      partition: 'gpu',
      name: '',
    },
  ]);
});

test('parseSqueue reads nothing from nothing', () => expect(parseSqueue('')).toEqual([]));

test('parseSqueue reads local times with the offset it is given', () =>
  expect(parseSqueue('1|RUNNING|None|n|2026-11-20T23:00:00|2026-11-21T00:00:00|N/A|gpu|x', 60)[0]?.endMs).toBe(
    Date.UTC(2026, 10, 20, 23),
  ));

test('parseSqueue keeps a bar in the reason and in the name apart from its own', () => {
  const text = '9|PENDING|site: low|prio|see wiki|node[1-2]|N/A|1795235469|1795231749|gpu|a|N/A|N/A|N/A|b';
  expect(parseSqueue(text)).toEqual([
    {
      jobId: '9',
      state: 'PENDING',
      reason: 'site: low|prio|see wiki',
      nodes: 'node[1-2]',
      endMs: 1_795_235_469_000,
      submitMs: 1_795_231_749_000,
      partition: 'gpu',
      name: 'a|N/A|N/A|N/A|b',
    },
  ]);
  expect(parseSqueue('9|PENDING|a|b||N/A|N/A|1795231749|gpu|x')[0]).toMatchObject({ reason: 'a|b', name: 'x' });
});
