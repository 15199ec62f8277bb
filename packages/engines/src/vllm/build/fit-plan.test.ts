import { Secret } from '@fairlead/kit';
import { expect, it } from 'vitest';
import type { EngineWanted } from '../../port/engine-kind.ts';
import { vllm } from '../vllm.ts';
import { vllmBuild } from './fit-plan.ts';

const wanted: EngineWanted = { model: 'a/b', servedModel: 'b', gpus: 1, nodes: 1, args: [], env: {}, options: {} };
const engineKey = new Secret('the-key');
const place = { nodePath: '/n', engineSim: [], directory: '/d', socket: '/d/e.sock', port: '', engineKey };
const fitted = (version: string, more: Partial<EngineWanted> = {}) => {
  const all = { ...wanted, ...more };
  return vllmBuild.fit(vllm.plan(all, place), all, { version });
};
const flags = new Set(['--uds', '--served-model-name', '--sleep']);

it('vllmBuild adds a limit for the end and a quiet log where the version has them', () => {
  const line = fitted('0.32.0').argv.join(' ');
  expect(line).toContain('--shutdown-timeout 5 --disable-access-log-for-endpoints /health,/metrics,/v1/models');
  expect(fitted('0.15.0').argv.join(' ')).not.toMatch(/--shutdown-timeout|access-log/);
  const own = fitted('0.32.0', { args: ['--shutdown-timeout=60', '--disable-uvicorn-access-log'] }).argv.join(' ');
  expect(own).not.toMatch(/--shutdown-timeout 5|endpoints/);
});

it('vllmBuild adds nothing to a later version whose flags are not known', () => {
  expect(fitted('0.99.0').argv).toEqual(vllm.plan(wanted, place).argv);
});

it('vllmBuild touches no flag of the program that starts vLLM', () => {
  const command = ['apptainer', 'exec', '--swap-space', 'x', 'a.sif', 'vllm', 'serve'];
  const { argv } = fitted('0.32.0', { command, args: ['--swap-space', '1'] });
  expect(argv.slice(0, 7)).toEqual(command);
  expect(argv.slice(7)).not.toContain('--swap-space');
});

it('vllmBuild decides about the optional flag where the build tells, and says what is open', () => {
  const plan = vllm.plan(wanted, place);
  const old = vllmBuild.fit(plan, wanted, { version: '0.10.2', flags });
  expect(old.optional).toBeUndefined();
  expect(old.argv).not.toContain('--allowed-media-domains');
  expect(old.notes).toEqual([
    expect.stringMatching(
      /^vLLM 0\.10\.2 has no --allowed-media-domains, which is left out, and a request may have it/,
    ),
  ]);
  const known = vllmBuild.fit(plan, wanted, {
    version: '0.11.0',
    flags: new Set([...flags, '--allowed-media-domains']),
  });
  expect([known.optional, known.notes]).toEqual([undefined, []]);
  expect(known.argv).toContain('--allowed-media-domains');
  expect(fitted('0.32.0').optional).toEqual(plan.optional);
});

it('vllmBuild names the setting of a flag that the version lacks', () => {
  const options = { sleepMode: true };
  const fit = () =>
    vllmBuild.fit(vllm.plan({ ...wanted, options }, place), { ...wanted, options }, { version: '0.12.0', flags });
  expect(fit).toThrow(
    'cannot start the engine because vLLM 0.12.0 has no --enable-sleep-mode (engines.vllm.sleepMode, or options.sleepMode of the preset)',
  );
});
