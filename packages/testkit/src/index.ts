export { openWorld, type World, type WorldOptions } from './open-world.ts';
export { privateHalf } from './private-half.ts';
export { processesOf } from './processes-of.ts';
export { SecretFinder } from './secret-finder.ts';
export { type KnownSecret } from './secret-forms.ts';
export { type CliResult, type JsonLine, parseJsonLines, type RunningCli, type StartCliOptions } from './start-cli.ts';
export { type Block, codeOf, readBlocks } from './read-blocks.ts';
export { makeProgramFolder, type ProgramEnd, runProgram } from './sdk-program.ts';
