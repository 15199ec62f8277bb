import { Secret } from '@fairlead/kit';
import { expect, it } from 'vitest';
import type { EngineSettings, EngineWanted } from '../port/engine-kind.ts';
import { vllm } from './vllm.ts';

const none: EngineSettings = { args: [], env: {}, options: {} };
const wanted: EngineWanted = { ...none, model: 'a/b', servedModel: 'b', gpus: 4, nodes: 1 };
const engineKey = new Secret('the-key');
const place = { nodePath: '/n', engineSim: [], directory: '/d', socket: '/d/e.sock', port: '', engineKey };

it('vllm on several GPUs splits the model over them, unless arguments say how', () => {
  expect(vllm.plan(wanted, place).argv.join(' ')).toContain('--tensor-parallel-size 4');
  const said = { ...wanted, args: ['--tensor_parallel_size=2'] };
  expect(vllm.plan(said, place).argv.join(' ')).not.toContain('--tensor-parallel-size');
  expect(vllm.plan({ ...wanted, gpus: 1 }, place).argv.join(' ')).not.toContain('tensor');
});

it('vllm fetches no media unless the configuration allows it', () => {
  const closed = vllm.plan(wanted, place);
  expect(closed.optional?.words[0]).toBe('--allowed-media-domains');
  expect(closed.env).toMatchObject({ VLLM_MEDIA_URL_ALLOW_REDIRECTS: '0', VLLM_API_KEY: 'the-key' });
  const open = vllm.plan({ ...wanted, options: { mediaDomains: ['*'], mediaPath: '/data/img' } }, place);
  expect(open.optional).toBeUndefined();
  expect(open.argv.join(' ')).toContain('--allowed-local-media-path /data/img');
  expect(open.env).not.toHaveProperty('VLLM_MEDIA_URL_ALLOW_REDIRECTS');
});

it.each([
  [{ ...none, args: ['--uds', '/x'] }, 'args'],
  [{ ...none, args: ['--served-model-name=c'] }, 'args'],
  [{ ...none, args: ['--allowed-media-domains', 'x'], options: { mediaDomains: ['y'] } }, 'mediaDomains'],
  [{ ...none, options: { mediaDomains: ['*', 'y'] } }, 'mediaDomains'],
])('vllm names the setting that contradicts another: %j', (settings, path) => {
  expect(vllm.check(settings).problems.map((problem) => problem.path)).toEqual([path]);
});
