export { type Fault, faultUsage, parseFault, type ProcessFault, type ServerFault } from './faults.ts';
export { type StartFailure, failureNames, failures } from './log/failures.ts';
export type { AccessEntry } from './log/access-line.ts';
export { type EngineSim, type EngineSimOptions, openEngineSim, type SimStats } from './open-engine-sim.ts';
export type { ListenAddress } from './server/listener.ts';
export { simulatorMachine } from './process/life-table.ts';
export { SimError, type SimErrorCode } from './server/sim-error.ts';
export { vllmVersion } from './vllm-version.ts';
