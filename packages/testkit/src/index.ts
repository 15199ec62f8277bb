export { openWorld, type World, type WorldOptions } from './open-world.ts';
export { processesOf } from './processes-of.ts';
export { type CliResult, type JsonLine, parseJsonLines, type RunningCli, type StartCliOptions } from './start-cli.ts';
