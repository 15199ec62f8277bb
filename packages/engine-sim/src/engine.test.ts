// Runs the contracts against the simulator's own command, and against a real vLLM if FAIRLEAD_REAL_VLLM names its venv.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { describeContracts } from './testing/describe-contracts.ts';
import { prepareRealEngine, simulatorCommand } from './testing/engine-command.ts';

describeContracts('simulator', async (folder) => {
  await mkdir(`${folder}-lora`);
  await writeFile(join(`${folder}-lora`, 'adapter_config.json'), '{"r": 8}');
  return { command: simulatorCommand(folder) };
});

const venv = process.env.FAIRLEAD_REAL_VLLM;

describe.runIf(venv !== undefined)('real', () =>
  describeContracts('real vLLM', (folder) => prepareRealEngine(venv ?? '', folder)),
);

test.runIf(venv === undefined)('real vLLM: holds the same contract', ({ skip }) =>
  skip('FAIRLEAD_REAL_VLLM names no venv (infra/testbed/real-vllm/make-venv.sh makes one)'),
);
