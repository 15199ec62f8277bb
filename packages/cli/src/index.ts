// What the documentation is made from. The program is main.ts; no other code is built on the commands.

export type { CliErrorCode } from './cli-error.ts';
export { configSchema } from './commands/config-schema.ts';
export { renderManPage } from './commands/man-page.ts';
export { createProgram } from './program.ts';
export { renderCliPage } from './render-cli-page.ts';
