import { expect, it } from 'vitest';
import { placeCaches } from './cache-variables.ts';

const directory = '/tmp/fl-1';
const none = () => false;
const compiled = ['VLLM_CACHE_ROOT', 'TRITON_CACHE_DIR', 'TORCHINDUCTOR_CACHE_DIR', 'FLASHINFER_WORKSPACE_BASE'];

it('placeCaches puts models and compiled kernels into the shared directory, and temporary files on the node', () => {
  const shared = { path: '/scratch/c', isWritable: true };
  expect(placeCaches({ shared, local: '/local/c', directory }, none)).toEqual({
    HF_HOME: '/scratch/c/huggingface',
    VLLM_CACHE_ROOT: '/scratch/c/vllm',
    TRITON_CACHE_DIR: '/scratch/c/triton',
    TORCHINDUCTOR_CACHE_DIR: '/scratch/c/torchinductor',
    FLASHINFER_WORKSPACE_BASE: '/scratch/c/flashinfer',
    XDG_CACHE_HOME: '/scratch/c/xdg',
    TMPDIR: directory,
  });
});

it('placeCaches takes models from a shared directory that may only be read, and compiles into the local one', () => {
  const placed = placeCaches({ shared: { path: '/ro', isWritable: false }, local: '/local/c', directory }, none);
  expect(placed).toMatchObject({ HF_HOME: '/ro/huggingface', VLLM_CACHE_ROOT: '/local/c/vllm' });
});

it('placeCaches leaves models where they are when only a local directory is set', () => {
  const placed = placeCaches({ local: '/local/c', directory }, none);
  expect(Object.keys(placed)).toEqual([...compiled, 'TMPDIR']);
  expect(placeCaches({ local: '/local/c', directory }, (name) => name === 'HF_HOME')).toHaveProperty('XDG_CACHE_HOME');
});

it('placeCaches sets nothing that is set already, and no cache where no directory is set', () => {
  expect(placeCaches({ directory }, none)).toEqual({ TMPDIR: directory });
  const shared = { path: '/scratch/c', isWritable: true };
  const placed = placeCaches({ shared, directory }, (name) => name === 'HF_HOME' || name === 'TMPDIR');
  expect(Object.keys(placed).toSorted()).toEqual([...compiled, 'XDG_CACHE_HOME'].toSorted());
});
