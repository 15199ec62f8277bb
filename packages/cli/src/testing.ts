// For tests of documentation, fuzzing and packaging: the parsers and tables of the commands.

export { parseSetting, parseYamlObject } from './config/config-sources.ts';
export { contradictionsOf } from './config/contradictions.ts';
export { checkConfig } from './config/load-config.ts';
export { lanesFor } from './doctor/lanes.ts';
export { laptopChecks } from './doctor/laptop/laptop-checks.ts';
export { parseFacts } from './host/host.ts';
export { findBundle } from './ship/bundles.ts';
export { elfMachine } from './ship/elf-machine.ts';
export { fetchRuntime, type FetchedRuntime } from './ship/fetch-runtime.ts';
