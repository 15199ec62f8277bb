// The contract of an engine, which the simulator keeps too, against the real vLLM.

import { describeContracts, prepareRealEngine } from '@fairlead/engine-sim/testing';

import { venv } from '../../real-vllm/prepare-real-vllm.ts';

describeContracts('real vLLM', (folder) => prepareRealEngine(venv, folder));
