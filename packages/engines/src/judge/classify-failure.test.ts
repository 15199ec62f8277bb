import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { programArgs } from '@fairlead/testkit/programs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { classifyFailure as classify, type EngineEnd } from './classify-failure.ts';

type Exit = Omit<EngineEnd, 'surroundings'>;

function classifyFailure(exit: Exit) {
  return classify({ ...exit, surroundings: { engine: 'vllm', gpus: '', interfaces: [] } });
}

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp('/tmp/fl-fail-');
});
afterAll(() => rm(dir, { recursive: true }));

/** The simulator prints lines that were recorded from a real vLLM. */
function failToStart(name: string): Promise<Exit> {
  const { promise, resolve } = Promise.withResolvers<Exit>();
  const args = [...programArgs('engine-sim'), 'serve', 'demo', '--uds', join(dir, `${name}.sock`)];
  execFile(process.execPath, [...args, '--sim-fault', `start-failure:${name}`], (error, stdout, stderr) => {
    const code = typeof error?.code === 'number' ? error.code : null;
    resolve({ code, signal: error?.signal ?? null, lines: `${stdout}\n${stderr}`.split('\n') });
  });
  return promise;
}

describe('classifyFailure', () => {
  it.each([
    ['gated-model', /gated repo/, /licence/, true],
    ['max-model-len', /User-specified max_model_len/, /--max-model-len/, true],
    ['no-kv-memory', /No available memory for the cache blocks/, /More GPUs/, true],
    ['cuda-oom', /CUDA out of memory/, /does not fit/, false],
    ['weights-missing', /Cannot find any model weights/, /hf download/, true],
    ['shm-too-small', /Insufficient space in \/dev\/shm/, /shared memory/, false],
    ['segfault', /SIGSEGV/, /ulimit -v/, false],
    ['oom-killed', /SIGKILL/, /ran out of memory/, false],
  ])('names the cause of %s and its cure', async (name, cause, hint, fatal) => {
    const failure = classifyFailure(await failToStart(name));
    expect(failure.message).toMatch(cause);
    expect(failure.hint).toMatch(hint);
    expect(failure.fatal).toBe(fatal);
  });

  it('ignores wrappers and warnings', () => {
    const lines = [
      '(APIServer pid=1) WARNING 11-21 02:00:21 [system_utils.py:255] fd limit errors like `OSError: [Errno 24] Too many open files`',
      '(EngineCore pid=2) ERROR 11-21 02:00:36 [core.py:1100] EngineCore failed to start.',
      "(EngineCore pid=2) ERROR 11-21 02:00:36 [core.py:1100] RuntimeError: Worker failed with error 'start (0) + length (300) exceeds', please check the stack trace above for the root cause",
      'RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}',
    ];
    expect(classifyFailure({ code: 1, signal: null, lines })).toMatchObject({
      message: 'the engine failed (exit code 1): start (0) + length (300) exceeds',
      fatal: false,
    });
  });

  it('takes exit code 2 for wrong arguments, which another start does not cure', () => {
    const lines = ['usage: vllm [-h]', 'vllm: error: unrecognized arguments: --no-such-flag 1'];
    expect(classifyFailure({ code: 2, signal: null, lines })).toMatchObject({
      message: 'the engine failed (exit code 2): unrecognized arguments: --no-such-flag 1',
      fatal: true,
    });
  });

  it('recognizes a SIGKILL in the exit code of a shell or container', () => {
    expect(classifyFailure({ code: 137, signal: null, lines: ['Killed'] }).hint).toContain('ran out of memory');
  });

  it.each([
    {
      what: 'a worker',
      line: '(EngineCore pid=24731) ERROR 11-21 02:00:09 [multiproc_executor.py:315] Worker proc VllmWorker-0 died unexpectedly (exit code: -9), shutting down executor.',
      message: "the engine's worker VllmWorker-0 was killed (SIGKILL); the engine then ended with exit code 0",
    },
    {
      what: 'the EngineCore',
      line: '(APIServer pid=23487) WARNING 11-21 01:58:52 [core_client.py:817] [shutdown] MPClient: engine core exited unexpectedly; starting cleanup',
      message: "vLLM's EngineCore was killed; the engine then ended with exit code 0",
    },
  ])('names $what that was killed, although the engine ends with exit code 0', ({ line, message }) => {
    const failure = classifyFailure({ code: 0, signal: null, lines: [line] });
    expect(failure.message).toBe(message);
    expect(failure.lastLines).toEqual([line]);
  });

  it('names the worker that was killed while the engine has closed its server and not ended yet', () => {
    const line = 'Worker proc VllmWorker-0 died unexpectedly (exit code: None), shutting down executor.';
    const open = { code: null, signal: null };
    expect(
      classifyFailure({ ...open, lines: [`ERROR 11-21 02:00:09 [multiproc_executor.py:315] ${line}`] }),
    ).toMatchObject({
      message: "the engine's worker VllmWorker-0 died; the engine takes no more connections",
      known: 'worker-died',
    });
    expect(classifyFailure({ ...open, lines: [] })).toMatchObject({ message: 'the engine takes no more connections' });
  });

  it('tells the address of the process whose end it is the consequence of', () => {
    const line =
      '(Worker pid=2) ERROR 11-21 02:00:09 [multiproc_executor.py:960] RuntimeError: [../gloo/transport/tcp/pair.cc:534] Connection closed by peer [10.77.0.12]:4123. This is typically caused by a remote worker crashing.';
    const failure = classifyFailure({ code: 0, signal: null, lines: [line] });
    expect(failure).toMatchObject({ known: 'peer-lost', peer: { address: '10.77.0.12' } });
    expect(classifyFailure({ code: 1, signal: null, lines: ['ValueError: odd'] }).peer).toBeUndefined();
  });

  it("names the job's memory as the cause when the cgroup has counted a kill", () => {
    const line =
      '(APIServer pid=23487) WARNING 11-21 01:58:52 [core_client.py:817] [shutdown] MPClient: engine core exited unexpectedly; starting cleanup';
    const failure = classifyFailure({ code: 0, signal: null, oomKills: 1, lines: [line] });
    expect(failure).toMatchObject({
      known: 'job-out-of-memory',
      message:
        'the job used more memory than it asked for, and the kernel killed a process of it; the engine then ended with exit code 0',
      fatal: true,
    });
    expect(failure.hint).toMatch(/slurm\.mem/);
  });

  it('keeps the first cause when the cgroup has also counted a kill', () => {
    const lines = ['torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.50 GiB.'];
    expect(classifyFailure({ code: 1, signal: null, oomKills: 1, lines }).known).toBe('cuda-out-of-memory');
  });
});
