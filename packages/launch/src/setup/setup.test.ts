import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findEngineKind } from '@fairlead/engines';
import { createLocalRunner } from '@fairlead/scheduler';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { buildArguments, installScript, publishScript } from './build-script.ts';
import { explainBuildFailure } from './explain-build-failure.ts';
import { parseTrial, refuseTrial } from './judge-trial.ts';
import { planSetup, refuseRelative, type SetupPlan } from './plan-setup.ts';
import { parseSetupFacts } from './setup-facts.ts';

const vllm = findEngineKind('vllm');
const facts = {
  home: '/home/a',
  pythons: [
    { version: '3.9', path: '/usr/bin/python3' },
    { version: '3.11', path: '/opt/python3.11' },
  ],
  folders: [
    { path: '/scratch/a', freeKb: 9e9 },
    { path: '/home/a', freeKb: 9e6 },
  ],
};

describe('planSetup', () => {
  it('takes a Python that vLLM takes, on the file system that has room', () =>
    expect(planSetup(vllm, { version: '0.11.0' }, facts, 'login')).toMatchObject({
      method: 'venv',
      program: '/opt/python3.11',
      what: 'vllm==0.11.0',
      directory: '/scratch/a/fairlead/environments',
      isHome: false,
      command: ['/scratch/a/fairlead/environments/vllm-0.11.0/bin/vllm', 'serve'],
    }));

  it('takes uv where it is', () =>
    expect(planSetup(vllm, {}, { ...facts, uv: '/bin/uv', pythons: [] }, 'login')).toMatchObject({
      method: 'uv',
      what: 'vllm',
      name: 'vllm',
    }));

  it('pulls an image, and starts the engine in it by the grammar of Apptainer', () => {
    const wish = { container: true, version: '0.11.0', directory: '/scratch/a' } as const;
    expect(planSetup(vllm, wish, { ...facts, apptainer: '/bin/apptainer' }, 'login')).toMatchObject({
      what: 'docker://vllm/vllm-openai:v0.11.0',
      command: ['/bin/apptainer', 'exec', '--nv', '/scratch/a/vllm-0.11.0.sif', 'vllm', 'serve'],
    });
  });

  it.each([
    [
      'an old Python alone',
      {},
      { pythons: facts.pythons.slice(0, 1) },
      'setup_failed',
      /no uv and no Python 3\.10 or newer \(found: 3\.9\)/,
    ],
    ['a small home alone', {}, { folders: facts.folders.slice(1) }, 'disk_full', /about 15 GB .* 9 GB in \/home\/a/],
    ['a directory that is not there', { directory: '/x' }, {}, 'remote_unfit', /\/x cannot be made or written/],
    ['a version that is none', { version: '1; rm -rf' }, {}, 'usage', /is no version/],
    ['a container without Apptainer', { container: true }, {}, 'setup_failed', /neither apptainer nor singularity/],
    ['an image that is none', { container: '-x' }, { apptainer: '/a' }, 'usage', /names no image/],
  ] as const)('refuses %s', (_what, wish, more, code, message) =>
    expect(() =>
      planSetup(
        vllm,
        wish,
        {
          ...facts,
          ...more,
          pythons: [...((more as typeof facts).pythons ?? facts.pythons)],
          folders: [...((more as typeof facts).folders ?? facts.folders)],
        },
        'login',
      ),
    ).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) as unknown })),
  );

  it.each(['environments', './x', '$SCRATCH/x', '~/x', ''])(
    'refuses a directory that is not absolute: %s',
    (directory) =>
      expect(() => refuseRelative(directory, 'vLLM', 'login')).toThrow(
        expect.objectContaining({
          code: 'usage',
          message: expect.stringMatching(/on login because .* is not absolute$/),
        }),
      ),
  );

  it('takes an absolute directory, and none', () => {
    refuseRelative('/scratch/a b', 'vLLM', 'login');
    refuseRelative(undefined, 'vLLM', 'login');
  });

  it('refuses an engine that comes with Fairlead', () =>
    expect(() => planSetup(findEngineKind('sim'), {}, facts, 'login')).toThrow(/not installed as a package/));
});

it('The facts of a host are read, and a script that was cut off gives none', () => {
  const text =
    'motd\nfl home /h\nfl uv /bin/uv\nfl apptainer \nfl python 3.12 /usr/bin/python3.12\nfl folder 77 /scratch/a b\n';
  expect(parseSetupFacts(`${text}fl end\n`)).toEqual({
    home: '/h',
    uv: '/bin/uv',
    pythons: [{ version: '3.12', path: '/usr/bin/python3.12' }],
    folders: [{ path: '/scratch/a b', freeKb: 77 }],
  });
  expect(parseSetupFacts(text)).toBeUndefined();
});

// Lines as pip 25, uv 0.9 and Apptainer 1.4 print them.
it.each([
  ['a full quota', 'ERROR: Could not install packages due to an OSError: [Errno 122] Disk quota exceeded', 'disk_full'],
  ['a full disk under uv', '  Caused by: failed to write to file: No space left on device (os error 28)', 'disk_full'],
  [
    'no internet',
    'WARNING: Retrying: NewConnectionError: Temporary failure in name resolution\nERROR: No matching distribution found for vllm==0.11.0',
    'hub_unreachable',
  ],
  [
    'no internet under uv',
    'error: Failed to fetch: `https://pypi.org/simple/vllm/`\n  Caused by: dns error',
    'hub_unreachable',
  ],
  ['an unknown version', 'ERROR: No matching distribution found for vllm==99', 'setup_failed'],
  ['an unknown version under uv', '  × No solution found when resolving dependencies', 'setup_failed'],
  [
    'an unknown image',
    'FATAL:   While making image from oci registry: reading manifest v99: manifest unknown',
    'setup_failed',
  ],
  ['another failure', 'gcc: internal error', 'setup_failed'],
])('An installer that ends with %s is understood', (_what, lines, code) => {
  const plan = planSetup(vllm, {}, facts, 'login');
  const error = explainBuildFailure(plan, 'login', lines.split('\n'));
  expect(error.code).toBe(code);
  expect(error.message).toContain(lines.split('\n').at(-1));
});

it('A trial is read from its log, and refused for an engine that does not start or sees no GPU', () => {
  const log = 'module: loaded\nfl host n1\nfl said ImportError: libcuda.so.1\nfl gpus 0\nfl code 1\n';
  const report = parseTrial(log)!;
  expect(refuseTrial(report, { what: '/v', gpus: 1 })?.message).toMatch(
    /on n1 because it does not start there \(exit 1\):\n {2}ImportError/,
  );
  expect(refuseTrial({ ...report, code: 0 }, { what: '/v', gpus: 1 })?.hint).toMatch(/driver/);
  expect(refuseTrial({ ...report, code: 0 }, { what: '/v', gpus: 0 })).toBeUndefined();
  expect(parseTrial(log.slice(0, -8))).toBeUndefined();
});

describe('The build', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fl-setup-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** A uv that makes a venv of shell scripts, and counts. */
  async function fakeUv(fails: boolean): Promise<string> {
    const path = join(folder, 'uv');
    const python = '#!/bin/sh\\necho 1.2.3\\n';
    await writeFile(
      path,
      `#!/bin/sh\necho "$1" >>${folder}/calls\nfor last; do :; done\nif [ "$1" = venv ]; then mkdir -p "$last/bin"; printf '${python}' >"$last/bin/python"; chmod 755 "$last/bin/python"; else ${fails ? 'echo "os error 28"; exit 2' : 'echo installed'}; fi\n`,
    );
    await chmod(path, 0o755);
    return path;
  }

  async function build(plan: SetupPlan) {
    const run = createLocalRunner();
    const built = await run.run(['bash', '-c', installScript(plan), 'bash', ...buildArguments(plan)]);
    if (built.code === 0) await run.run(['sh', '-c', publishScript, 'sh', ...buildArguments(plan)]);
    return built;
  }

  it.skipIf(spawnSync('python3', ['-m', 'ensurepip', '--version']).status !== 0)(
    'says that the index was not reached, also where pip is told not to try again',
    async () => {
      const where = {
        ...facts,
        pythons: [{ version: '3.12', path: 'python3' }],
        folders: [{ path: folder, freeKb: 9e9 }],
      };
      const plan = planSetup(vllm, { version: '1.2.3', directory: folder }, where, 'here');
      const unreachable = ['PIP_RETRIES=0', 'PIP_INDEX_URL=http://127.0.0.1:9/simple', 'PIP_CONFIG_FILE=/dev/null'];
      const command = ['env', ...unreachable, 'bash', '-c', installScript(plan), 'bash', ...buildArguments(plan)];
      const { code, stdout } = await createLocalRunner().run(command);
      expect(code).toBe(1);
      expect(explainBuildFailure(plan, 'here', stdout.split('\n'))).toMatchObject({ code: 'hub_unreachable' });
    },
    180_000,
  );

  it('has its name only when it is finished, goes on where it failed, and does nothing twice', async () => {
    const directory = join(folder, 'environments');
    await mkdir(directory);
    const where = { ...facts, folders: [{ path: directory, freeKb: 9e9 }] };
    const planWith = (uv: string) => planSetup(vllm, { version: '1.2.3', directory }, { ...where, uv }, 'here');
    const failed = await build(planWith(await fakeUv(true)));
    expect(failed).toMatchObject({ code: 1, stdout: expect.stringContaining('os error 28') as unknown });
    await expect(readlink(join(directory, 'vllm-1.2.3'))).rejects.toThrow('ENOENT');
    const plan = planWith(await fakeUv(false));
    const first = await build(plan);
    expect(first.stdout).toMatch(
      /fl step install\ninstalled\nfl version 1\.2\.3\nfl sizeKb \d+\nfl built .*vllm-1\.2\.3\.build\n$/,
    );
    expect(await readlink(join(directory, 'vllm-1.2.3'))).toBe('vllm-1.2.3.build');
    const second = await build(plan);
    expect(second.stdout).toMatch(/^fl version 1\.2\.3\nfl sizeKb \d+\nfl published\nfl built/);
    const calls = await createLocalRunner().run(['cat', join(folder, 'calls')]);
    expect(calls.stdout).toBe('venv\npip\npip\n');
  });
});
