import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createLogJudge } from '../diagnose/log-judge.ts';
import { matchEntry } from '../diagnose/match-entry.ts';
import { readStatement } from '../diagnose/read-statement.ts';
import { failureCatalogue } from './engine-failures.ts';
import { failureTopics } from './failure-entry.ts';
import { fillText, surroundingNames } from './fill-text.ts';

const golden = new URL('../../golden/', import.meta.url);
const simulator = new URL('../../../engine-sim/golden/log/', import.meta.url);

function linesOf(file: URL): string[] {
  return readFileSync(file, 'utf8').split('\n');
}

function filesIn(folder: URL, ending: string): URL[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => new URL(name, folder));
}

function nameOf(file: URL): string {
  return file.pathname.split('/').at(-1)!.replace('.log', '');
}

function diagnose(lines: readonly string[]) {
  const judge = createLogJudge();
  for (const line of lines) judge.push(line);
  return judge.diagnose();
}

const ids = failureCatalogue.map(({ id }) => id);
const recordings = filesIn(new URL('failures/', golden), '.log');

describe('The catalogue of failures', () => {
  it('has each id once, and a recorded log for each entry', () => {
    expect(ids.toSorted()).toEqual([...new Set(ids)].toSorted());
    expect(recordings.map(nameOf).toSorted()).toEqual(ids.toSorted());
  });

  it.each(recordings.map((file) => ({ id: nameOf(file), file })))('tells $id by its log', ({ id, file }) => {
    const { verdict } = diagnose(linesOf(file));
    expect(verdict).toMatchObject({ kind: 'failed', entry: { id } });
    if (verdict.kind !== 'failed') return;
    expect(verdict.evidence.length).toBeGreaterThan(0);
    const names = { ...surroundingNames(), ...verdict.names };
    const texts = [verdict.entry.what, verdict.entry.why, verdict.entry.cure].map((text) => fillText(text, names));
    for (const text of texts) expect(text).not.toMatch(/\{\w+\}|undefined/);
  });

  it.each(failureCatalogue.map((entry) => ({ id: entry.id, entry })))(
    'says of $id what to do, and where that is from',
    ({ entry }) => {
      expect(Object.keys(failureTopics)).toContain(entry.topic);
      expect(entry.what).not.toMatch(/\.$/);
      expect(entry.why).toMatch(/\.$/);
      expect(entry.cure).toMatch(/\.(?:\{\w+\})?$|more\.$/);
      expect(entry.sources.length).toBeGreaterThan(0);
    },
  );
});

describe('No entry matches', () => {
  const startup = JSON.parse(
    `[${linesOf(new URL('startup.jsonl', simulator)).filter(Boolean).join(',')}]`,
  ) as string[][];
  const healthy = [
    ...filesIn(new URL('healthy/', golden), '.log').map((file) => ({ name: nameOf(file), lines: linesOf(file) })),
    ...filesIn(simulator, '.log')
      .filter((file) => file.pathname.includes('/shutdown-'))
      .map((file) => ({ name: nameOf(file), lines: linesOf(file) })),
    { name: 'startup of the simulator', lines: startup.flatMap(([, , text]) => text!.split('\n')) },
  ];

  it.each(healthy)('a line of a healthy log: $name', ({ lines }) => {
    const told = lines.findIndex((line) => line.includes('[shutdown] API server: shutdown triggered'));
    const served = told < 0 ? lines : lines.slice(0, told);
    expect(served.filter((line) => matchesAny(line))).toEqual([]);
    expect(diagnose(lines).verdict.kind).toMatch(/serving|stopped|unfinished/);
  });

  it('a line that only mentions an error', () => {
    const lines = linesOf(new URL('decoys/quoted-errors.log', golden));
    expect(lines.filter((line) => matchesAny(line))).toEqual([]);
    expect(diagnose(lines).verdict).toMatchObject({ kind: 'serving' });
  });
});

describe('A statement that resembles another one', () => {
  it.each([
    ['GatedRepoError: 401 Client Error. (Request ID: Root=1)', 'model-gated'],
    ['HfHubHTTPError: 401 Client Error: Unauthorized for url: https://huggingface.co/org/model', 'token-refused'],
    // The hub answers so of a gated model and of one that it does not have; what follows says which.
    ['HTTPError: 401 Client Error: Unauthorized for url: https://huggingface.co/org/model', undefined],
    ["HfHubHTTPError: Client error '401 Unauthorized' for url 'https://huggingface.co/api/whoami-v2'", 'token-refused'],
    [
      'HfHubHTTPError: 403 Forbidden: Please enable access to public gated repositories in your fine-grained token settings',
      'model-gated',
    ],
    [
      'FATAL: while extracting vllm.sif: extract command failed: write_file: failed to create file /tmp/x, because No space left on device',
      'disk-full',
    ],
    ['FATAL: while extracting vllm.sif: extract command failed: exit status 1', 'container-refused'],
    // What enroot says after it is the reason.
    ['pyxis: failed to import docker image', 'container-refused'],
    ['pyxis:     mktemp: failed to create directory via template: No space left on device', 'disk-full'],
    ['pyxis:     curl: (6) Could not resolve host: registry-1.docker.io', 'image-pull-failed'],
    [
      "Failed: Cuda error /workspace/csrc/custom_all_reduce.cuh:455 'an illegal memory access was encountered'",
      'gpu-kernel-fault',
    ],
    ['NCCL error: remote process exited or there was a network error', 'peer-lost'],
    ['/scratch/u/venv/bin/vllm: Permission denied', 'permission-denied'],
    ['/opt/tools/setup: Permission denied', undefined],
    [
      "ValueError: To serve at least one request with the models's max seq len (131072), (16.00 GiB KV cache is needed, which is larger than the available KV cache memory (8.94 GiB).",
      'context-too-long-for-kv',
    ],
    ["HTTPStatusError: Client error '401 Unauthorized' for url 'https://huggingface.co/org/model'", undefined],
    ["HfHubHTTPError: Client error '429 Too Many Requests' for url 'https://huggingface.co/x'", 'hub-rate-limited'],
    ["HTTPStatusError: Server error '503 Service Unavailable' for url 'https://huggingface.co/x'", 'hub-rate-limited'],
    ['HTTPError: 404 Client Error: Not Found for url: https://huggingface.co/org/model/resolve/main/x.json', undefined],
    ['RepositoryNotFoundError: 401 Client Error. (Request ID: Root=1)', 'model-unknown'],
    ["ModuleNotFoundError: No module named 'vllm'", 'vllm-not-installed'],
    ["ModuleNotFoundError: No module named 'vllm_flash_attn'", 'package-missing'],
    ["OSError: [Errno 107] Transport endpoint is not connected: '/scratch/x'", 'input-output-error'],
    ['OSError: [Errno 107] Transport endpoint is not connected', undefined],
    ["FileExistsError: [Errno 17] File exists: '/home/u/.cache'", 'not-a-directory'],
    ["FileExistsError: [Errno 17] File exists: '/psm_1f2e'", undefined],
    ['/scratch/vllm: No such file or directory', 'vllm-not-installed'],
    ['/scratch/vllm.sif: No such file or directory', undefined],
    ['NVRM: Xid (PCI:0000:07:00): 64, pid=4711', 'gpu-ecc'],
    ['RuntimeError: CUDA error: unspecified launch failure', 'gpu-kernel-fault'],
    [
      'unable to open shared memory object </torch_1> in read-write mode: No space left on device (28)',
      'shm-too-small',
    ],
    ['ImportError: libcudart.so.12: cannot open shared object file: No such file or directory', 'packages-mismatch'],
    ["OSError: [Errno 28] No space left on device: '/psm_1a2b3c'", 'shm-too-small'],
    ["OSError: [Errno 28] No space left on device: '/dev/shm/x'", 'shm-too-small'],
    ["OSError: [Errno 28] No space left on device: '/scratch/psm_1a2b3c'", 'disk-full'],
    ['Failed to create cgroup: No space left on device', undefined],
    ['cannot find mpi plugin for mpi/pmix_v9', 'mpi-plugin-missing'],
    ['BlockingIOError: [Errno 11] Resource temporarily unavailable', 'too-many-threads'],
    ['zmq.error.Again: Resource temporarily unavailable', undefined],
    ["FileExistsError: [Errno 17] File exists: '/c/.tmp1' -> '/c/cubin'", undefined],
    ['HTTPError: 403 Client Error: Forbidden for url: https://storage.example.org/m.bin', undefined],
    ['gpu07: task 0: Exited with exit code 1', 'job-task-failed'],
    // Slurm ends the tasks that are left so.
    ['gpu07: task 0: Exited with exit code 143', undefined],
    // A page was retired in time; and the end of a process that something else ended.
    ['NVRM: Xid (PCI:0000:07:00): 63, pid=4711', undefined],
    ['NVRM: Xid (PCI:0000:07:00): 45, pid=4711', undefined],
  ])('%s', (text, id) => {
    expect(matchEntry({ voice: 'outer', text }, failureCatalogue)?.entry.id).toBe(id);
  });
});

it('A server that fails requests and goes on serving has not failed', () => {
  const lines = linesOf(new URL('decoys/served-with-failed-requests.log', golden));
  expect(diagnose(lines).verdict).toMatchObject({ kind: 'serving', requestErrors: 4 });
});

function matchesAny(line: string): boolean {
  const statement = readStatement(line.split('\r').at(-1)!);
  return statement !== undefined && matchEntry(statement, failureCatalogue) !== undefined;
}
