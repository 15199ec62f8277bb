// Another machine of a scenario: a home of its own, and nothing of the world's.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { type CliResult, type JsonLine, parseJsonLines, type RunningCli, type World } from '@fairlead/testkit';

export interface Machine {
  /** Its home, where a profile would be too. */
  readonly home: string;
  cli(args: readonly string[], env?: Record<string, string>): Promise<CliResult>;
  json(...args: string[]): Promise<CliResult & { last: JsonLine }>;
  start(args: readonly string[], options?: { env?: Record<string, string>; stdin?: string }): RunningCli;
}

export function openMachine(world: World, name: string): Machine {
  const home = join(world.dir, name);
  mkdirSync(home, { mode: 0o700 });
  const env = { HOME: home, FAIRLEAD_PROFILE: join(home, 'profile.json'), FAIRLEAD_CONFIG: '' };
  const cli = (args: readonly string[], more: Record<string, string> = {}) =>
    world.cli(args, { env: { ...env, ...more }, cwd: home });
  return {
    home,
    cli,
    async json(...args) {
      const result = await cli([...args, '--json']);
      return { ...result, last: parseJsonLines(result.stdout).at(-1) ?? {} };
    },
    start: (args, { env: more, ...options } = {}) =>
      world.start(args, { env: { ...env, ...more }, cwd: home, ...options }),
  };
}
