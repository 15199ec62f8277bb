import { createLogJudge, type Diagnosis } from '@fairlead/engines/failures';
import type { InstanceState } from '@fairlead/protocol';
import { describe, expect, it } from 'vitest';

import { pickDiagnosis } from './pick-diagnosis.ts';
import { diagnosisText, tellDiagnosis } from './tell-diagnosis.ts';

function diagnosisOf(...lines: string[]): Diagnosis {
  const judge = createLogJudge();
  for (const line of lines) judge.push(line);
  return judge.diagnose();
}

const failed: InstanceState = { status: 'failed', cause: { code: 'engine_start_failed', message: 'it failed' } };
const silent = diagnosisOf('hello');
const died = diagnosisOf(
  '(EngineCore pid=2) ERROR 11-21 02:00:09 [multiproc_executor.py:315] Worker proc VllmWorker-0 died unexpectedly (exit code: -9), shutting down executor.',
);
const outOfMemory = diagnosisOf('slurmstepd: error: Detected 1 oom_kill event in StepId=42.batch.');
const fullDisk = diagnosisOf('OSError: [Errno 28] No space left on device');
const cancelled = diagnosisOf('slurmstepd: error: *** JOB 42 ON node7 CANCELLED AT 2026-11-21T02:00:00 ***');
const odd = diagnosisOf('KeyError: odd');

describe('Of the logs of engine and job', () => {
  it.each([
    ['the engine, where it states a cause', fullDisk, outOfMemory, 'engine'],
    ['the job, where the engine only says that a process is gone', died, outOfMemory, 'job'],
    ['the engine, where the job says nothing', died, silent, 'engine'],
    ['the job, where the engine failed of something that is not known', odd, outOfMemory, 'job'],
    ['the one that could be read', undefined, cancelled, 'job'],
    ['neither, where both say nothing', silent, silent, undefined],
  ] as const)('it is told by %s', (_, engine, job, log) => {
    expect(pickDiagnosis({ engine, job }, failed)?.log).toBe(log);
  });
});

describe('Of an engine that was started again', () => {
  const ready: InstanceState = { status: 'ready' };
  const banner = '(APIServer pid=5) INFO 11-21 02:00:21 [api_utils.py:347]  █  version 0.32.0';
  const served = 'INFO:     Application startup complete.';
  const again = diagnosisOf(
    banner,
    '(APIServer pid=5) ERROR 11-21 02:00:21 [core_client.py:817] engine core exited unexpectedly',
    banner,
    served,
  );
  const idOf = (...args: Parameters<typeof pickDiagnosis>) => {
    const verdict = pickDiagnosis(...args)?.diagnosis.verdict;
    return verdict?.kind === 'failed' ? verdict.entry.id : verdict?.kind;
  };

  it('the last failure is told, and none where none was', () => {
    expect(idOf({ engine: again, job: silent }, ready)).toBe('engine-core-killed');
    expect(idOf({ engine: silent, job: outOfMemory }, ready)).toBeUndefined();
  });

  it('a hang is told by the words of the agent, because its log has none', () => {
    const hung = 'the engine ended 2 times within 30 minutes; the last time: the engine hangs: no answer within 30 s';
    const quiet = diagnosisOf(banner, served, banner, served);
    expect(idOf({ engine: quiet, job: silent }, ready, hung)).toBe('engine-hung');
    expect(idOf({ engine: again, job: silent }, ready, hung)).toBe('engine-core-killed');
    expect(idOf({ engine: silent, job: silent }, failed, hung)).toBe('engine-hung');
    expect(idOf({ engine: silent, job: outOfMemory }, failed, hung)).toBe('job-out-of-memory');
  });

  it('a hang is told where the log only says that the agent then aborted the engine for its stacks', () => {
    const hung = 'the engine hangs: no answer within 15 s';
    const aborted = diagnosisOf(banner, served, 'Fatal Python error: Aborted', banner, served);
    expect(idOf({ engine: aborted, job: silent }, ready)).toBe('aborted');
    expect(idOf({ engine: aborted, job: silent }, ready, hung)).toBe('engine-hung');
    const last = diagnosisOf(banner, served, 'Fatal Python error: Aborted');
    expect(idOf({ engine: last, job: silent }, failed, hung)).toBe('engine-hung');
    expect(idOf({ engine: last, job: outOfMemory }, failed, hung)).toBe('job-out-of-memory');
  });

  it('a signal that killed it is told by the words of the agent too', () => {
    const killed = 'the engine was killed by SIGKILL';
    expect(idOf({ engine: silent, job: silent }, ready, killed)).toBe('killed');
    expect(idOf({ engine: silent, job: outOfMemory }, failed, killed)).toBe('job-out-of-memory');
  });
});

describe('A diagnosis in words', () => {
  const plain = (diagnosis: Diagnosis) => diagnosisText(tellDiagnosis(diagnosis), (_, text) => text);

  it('has what happened, why, what to change, whether to try again, and the lines', () => {
    const lines = plain(outOfMemory).split('\n');
    expect(lines[0]).toMatch(/^the job used more memory/);
    expect(lines.map((line) => line.split(' ')[0])).toEqual(
      expect.arrayContaining(['why', 'change', 'again', 'entry', 'Lines']),
    );
    expect(lines.at(-1)).toBe('  1: slurmstepd: error: Detected 1 oom_kill event in StepId=42.batch.');
  });

  it('says that it does not know, with the words of the log, and suggests no cure of its own', () => {
    const { verdict, what, why, retry, id } = tellDiagnosis(odd);
    expect({ verdict, retry, id }).toEqual({ verdict: 'unknown', retry: undefined, id: undefined });
    expect(`${what} ${why}`).toMatch(/does not know.*KeyError: odd/);
    expect(plain(silent)).toMatch(/^Fairlead finds neither an engine nor a failure/);
  });
});
