// The lane with a real vLLM (`pnpm test:vllm`). One file at a time: a start of vLLM takes both of two cores, and 3 GB of memory.

import { defineConfig, mergeConfig } from 'vitest/config';

import testbed from './vitest.config.ts';

const { test, ...shared } = testbed;

export default mergeConfig(
  { ...shared, test: { ...test, include: [], exclude: [] } },
  defineConfig({ test: { include: ['infra/testbed/src/scenarios/real-vllm/*.scenario.ts'], maxWorkers: 1 } }),
);
