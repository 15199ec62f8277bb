import { Secret } from '@fairlead/kit';
import { describe, expect, it } from 'vitest';
import { engineCommand } from '../port/engine-command.ts';
import type { EngineCompanion, EnginePlace, EngineSettings, EngineWanted } from '../port/engine-kind.ts';
import { vllm } from '../vllm/vllm.ts';

const settings: EngineSettings = { args: [], env: {}, options: { executor: 'ray' } };
const secret = 'a'.repeat(64);

const wantedWith = (change: Partial<EngineWanted> = {}): EngineWanted => ({
  ...settings,
  model: 'org/model',
  servedModel: 'model',
  gpus: 4,
  nodes: 2,
  ...change,
});

function placeOf(rank: number): EnginePlace {
  return {
    nodePath: '/opt/node',
    engineSim: [],
    directory: '/tmp/fl-abc',
    socket: '/tmp/fl-abc/e.sock',
    port: '',
    engineKey: new Secret('fle-key'),
    node: {
      rank,
      address: `10.0.0.${rank + 1}`,
      networkInterface: 'ib0',
      meeting: { address: '10.0.0.1', port: '41234' },
      companion: {
        directory: '/tmp/flc-abc',
        ports: Array.from({ length: 64 }, (_, at) => String(20_000 + at)),
        secret: new Secret(secret),
        memoryBytes: '64000000000',
        sharedMemoryBytes: '1073741824',
        python: ['/env/bin/python'],
      },
    },
  };
}

function companionOf(wanted = wantedWith()): EngineCompanion {
  const companion = vllm.companionOf?.(wanted);
  if (!companion) throw new Error('there is no companion');
  return companion;
}

function started(rank: number, wanted = wantedWith()) {
  const place = placeOf(rank);
  const plan = companionOf(wanted).plan(wanted, place);
  return engineCommand({ kind: vllm, wanted, place, plan, instanceId: 'i-1.ray', env: { PATH: '/bin' } });
}

describe('Ray beside vLLM', () => {
  it('is asked for by executor: ray, and only over several nodes', () => {
    expect(vllm.companionOf?.(wantedWith({ options: {} }))).toBeUndefined();
    expect(vllm.companionOf?.(wantedWith({ nodes: 1 }))).toBeUndefined();
    expect(companionOf().title).toBe('Ray');
  });

  it('has a head on rank 0, with every port of its own', () => {
    const { argv } = started(0);
    expect(argv.slice(0, 4)).toEqual(['ray', 'start', '--head', '--port=41234']);
    expect(argv).toEqual(expect.arrayContaining(['--block', '--log-color=false', '--disable-usage-stats']));
    expect(argv).toEqual(expect.arrayContaining(['--temp-dir=/tmp/flc-abc/r', '--include-dashboard=false']));
    expect(argv).toEqual(expect.arrayContaining(['--num-gpus=4', '--memory=64000000000']));
    const ports = argv.filter((word) => /-port=/.test(word)).map((word) => word.split('=')[1]);
    expect(ports).toHaveLength(11);
    expect(new Set(ports).size).toBe(11);
    expect(argv).toEqual(expect.arrayContaining(['--min-worker-port=20010', '--max-worker-port=20063']));
  });

  it('has an object store that fits /dev/shm, and says why it is so large', () => {
    expect(started(0).argv).toContain('--object-store-memory=536870912');
    expect(started(0).notes).toEqual(["Ray's object store has 512 MiB: half of the 1 GiB that /dev/shm has free."]);
  });

  it('joins the head on other ranks, with the same token and no flag of the head', () => {
    const { argv, env } = started(1);
    expect(argv.slice(0, 4)).toEqual(['ray', 'start', '--address=10.0.0.1:41234', '--block']);
    expect(argv.join(' ')).not.toMatch(/--head|--temp-dir|dashboard-port|client-server/);
    expect(env).toMatchObject({
      RAY_AUTH_MODE: 'token',
      RAY_AUTH_TOKEN_PATH: '/tmp/flc-abc/token',
      DASHBOARD_METRIC_PORT: '20008',
      AUTOSCALER_METRIC_PORT: '20009',
      VLLM_HOST_IP: '10.0.0.2',
      NCCL_SOCKET_IFNAME: 'ib0',
    });
  });

  it('has its token in a file, and in no argument and no variable', () => {
    const { argv, env, files } = started(0);
    expect(files.map(({ path, text }) => [path, text.reveal()])).toEqual([['/tmp/flc-abc/token', secret]]);
    expect(JSON.stringify([argv, env])).not.toContain(secret);
  });

  it('serves a dashboard on loopback where it is asked for', () => {
    expect(companionOf().dashboard(placeOf(0))).toBeUndefined();
    const wanted = wantedWith({ options: { executor: 'ray', dashboard: true } });
    expect(started(0, wanted).argv).toEqual(
      expect.arrayContaining(['--include-dashboard=true', '--dashboard-host=127.0.0.1', '--dashboard-port=20000']),
    );
    expect(companionOf(wanted).dashboard(placeOf(0))).toMatchObject({ port: '20000' });
  });

  it('is checked by its own Python, at the address of the head', () => {
    const { argv, env, files } = companionOf().planCheck(wantedWith(), placeOf(0));
    expect(argv).toEqual(['/env/bin/python', '/tmp/flc-abc/await-nodes.py', '2', '4', '300']);
    expect(env).toMatchObject({ RAY_ADDRESS: '10.0.0.1:41234', RAY_AUTH_MODE: 'token' });
    expect(files?.[0]?.text.reveal()).toContain('ray.nodes()');
  });

  it('is told to vLLM, which runs on rank 0 alone', () => {
    const place = placeOf(0);
    const { argv, env } = engineCommand({ kind: vllm, wanted: wantedWith(), place, instanceId: 'i-1', env: {} });
    expect(argv.join(' ')).toContain(
      '--tensor-parallel-size 4 --pipeline-parallel-size 2 --distributed-executor-backend ray --uds /tmp/fl-abc/e.sock',
    );
    expect(argv.join(' ')).not.toMatch(/--nnodes|--headless|--master/);
    expect(env).toMatchObject({ RAY_ADDRESS: '10.0.0.1:41234', RAY_AUTH_TOKEN_PATH: '/tmp/flc-abc/token' });
  });

  it.each([
    [['vllm', 'serve'], ['ray']],
    [['/env/bin/vllm', 'serve'], ['/env/bin/ray']],
    [
      ['nice', '/env/bin/python3', '-m', 'vllm.entrypoints.openai.api_server'],
      ['nice', '/env/bin/python3', '-m', 'ray.scripts.scripts'],
    ],
    [['my-script'], ['ray']],
  ])('is found beside %j', (command, ray) => {
    expect(companionOf(wantedWith({ command })).command).toEqual(ray);
  });

  it('is the program of the settings where they name one', () => {
    const options = { executor: 'ray', rayCommand: ['/opt/ray'] };
    expect(started(1, wantedWith({ options })).argv.slice(0, 2)).toEqual(['/opt/ray', 'start']);
  });

  it('is not asked for by halves', () => {
    const check = (options: EngineSettings['options']) => vllm.check({ ...settings, options }).problems;
    expect(check({ dashboard: true })).toEqual([{ path: 'dashboard', message: expect.stringContaining('executor') }]);
    expect(check({ executor: 'ray', dashboard: true })).toEqual([]);
    expect(vllm.checkNodes?.({ ...settings, args: ['--distributed-executor-backend', 'ray'] }, 2)).toEqual([
      { path: 'args', message: expect.stringContaining('use the setting executor: ray') },
    ]);
  });
});
