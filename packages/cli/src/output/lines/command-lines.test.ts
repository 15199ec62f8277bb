import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';

import { createProgram } from '../../program.ts';
import { commandLines } from './command-lines.ts';
import { jsonLines } from './json-line.ts';

function namesOf(command: Command, before: readonly string[] = []): string[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.name() !== 'help')
    .flatMap((one) => [[...before, one.name()].join(' '), ...namesOf(one, [...before, one.name()])]);
}

describe('The list of lines', () => {
  it('has every command', () => {
    const program = createProgram('', async () => undefined);
    expect(Object.keys(commandLines).toSorted()).toEqual(namesOf(program).toSorted());
  });

  it('has every kind of line under a command that prints it, besides the failure of any command', () => {
    const listed = new Set(Object.values(commandLines).flat());
    const unlisted = Object.keys(jsonLines).filter((name) => !listed.has(name as never));
    expect(unlisted).toEqual(['error']);
  });
});
