import { describe, expect, it } from 'vitest';
import { createLogJudge } from './log-judge.ts';
import { judgeRanks } from './judge-ranks.ts';

const banner = '(APIServer pid=5) INFO 11-21 02:00:21 [api_utils.py:347]  █  version 0.32.0';
const served = 'INFO:     Application startup complete.';
const at = (second: number, text: string) => `(EngineCore pid=7) ERROR 11-21 02:00:${second} [core.py:1519] ${text}`;
const lostPeer = at(
  30,
  'RuntimeError: [../third_party/gloo/gloo/transport/tcp/pair.cc:534] Connection closed by peer [10.77.0.12]:4242.',
);
const neverCame = at(
  59,
  'torch.distributed.DistStoreError: Timed out after 301 seconds waiting for clients. 1/2 clients joined.',
);
const outOfMemory = (second: number) =>
  at(second, 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.50 GiB.');
const workerDied = at(33, 'Worker proc VllmWorker-1 died unexpectedly (exit code: -9), shutting down executor.');
const unreachable = at(
  31,
  'RuntimeError: Gloo connectFullMesh failed with [x/gloo/transport/tcp/pair.cc:152] timed out connecting: SO_ERROR: Connection refused, remote=[10.50.0.1]:5505',
);
const hung = at(31, 'TimeoutError: RPC call to execute_model timed out.');
const cancelled = 'slurmstepd: error: *** STEP 42.0 ON node1 CANCELLED AT 2026-11-21T02:00:40 ***';
const headless =
  '(MainProcess pid=5) INFO 11-21 02:00:21 [serve.py:203] Launching vLLM (v0.32.0) headless multiproc executor, with head node address 10.77.0.11:29501 for torch.distributed process group.';
const failed = (what: string) => at(40, what);

function picked(...logs: ReadonlyArray<readonly string[]>) {
  return judgeRanks(
    logs.map((lines) => {
      const judge = createLogJudge();
      for (const line of lines) judge.push(line);
      return judge.diagnose();
    }),
  ).index;
}

describe('Of the logs of several ranks', () => {
  it.each<[string, readonly string[], readonly string[], number]>([
    [
      'the rank that failed itself, not the one that lost it',
      [banner, served, lostPeer],
      [headless, outOfMemory(45)],
      1,
    ],
    [
      'a cause, whose clock is later than that of the rank that waited',
      [banner, unreachable],
      [headless, outOfMemory(58)],
      1,
    ],
    ['a cause on the first rank', [banner, outOfMemory(30)], [headless, lostPeer], 0],
    [
      'the rank whose worker was killed, where nothing else is known',
      [banner, served, lostPeer],
      [headless, workerDied],
      1,
    ],
    [
      'the rank with an unknown exception, not the one that waited for it',
      [banner, neverCame],
      [headless, failed('KeyError: odd')],
      1,
    ],
    ['the rank that hung, where no other failed', [banner, served, hung], [headless], 0],
    [
      'the rank that failed, not the one that waited for its step',
      [banner, served, hung],
      [headless, outOfMemory(45)],
      1,
    ],
    ['the way between two nodes, where both only miss each other', [headless, neverCame], [headless, unreachable], 1],
    ['the failure, not what Slurm then did to the other', [banner, cancelled], [headless, workerDied], 1],
    [
      'the earlier of two causes',
      [banner, outOfMemory(45)],
      [headless, at(31, 'OSError: [Errno 28] No space left on device')],
      1,
    ],
    ['the first rank, where it serves and the other never says so', [headless], [banner, served], 1],
    ['a wrapper, rather than nothing', [headless], [banner, failed('EngineCore failed to start.')], 1],
  ])('it is told by %s', (_, first, second, index) => {
    expect(picked(first, second)).toBe(index);
    expect(picked(second, first)).toBe(1 - index);
  });

  it('the earlier cause is told where the later one came after New Year', () => {
    const on = (day: string, line: string) => line.replace('11-21', day);
    const later = [banner, on('01-01', outOfMemory(31))];
    const earlier = [headless, on('12-31', at(45, 'OSError: [Errno 28] No space left on device'))];
    expect(picked(later, earlier)).toBe(1);
    expect(picked(earlier, later)).toBe(0);
  });

  it('an engine that runs again has failed before of what one of its ranks says', () => {
    const judge = (lines: readonly string[]) => {
      const one = createLogJudge();
      for (const line of lines) one.push(line);
      return one.diagnose();
    };
    const again = judge([banner, lostPeer, banner, served]);
    const other = judge([headless, outOfMemory(45), headless]);
    const { index, diagnosis } = judgeRanks([again, other]);
    expect(index).toBe(0);
    expect(diagnosis.verdict.kind).toBe('serving');
    expect(diagnosis.before).toMatchObject({ entry: { id: 'cuda-out-of-memory' } });
  });
});
