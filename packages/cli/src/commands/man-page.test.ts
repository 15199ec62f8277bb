import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { beforeAll, describe, expect, it } from 'vitest';

import { createProgram } from '../program.ts';
import { renderManPage } from './man-page.ts';

const run = promisify(execFile);
const program = createProgram('0', async () => undefined);
const page = renderManPage(program);

async function isThere(command: string): Promise<boolean> {
  return run('sh', ['-c', `command -v ${command}`]).then(
    () => true,
    () => false,
  );
}

async function pipe(command: string, args: string[]): Promise<{ stdout: string; stderr: string }> {
  const running = run(command, args, { env: { ...process.env, MANWIDTH: '100', LC_ALL: 'C.UTF-8' } });
  running.child.stdin?.end(page);
  // mandoc ends 2 with a warning, which stands on stdout.
  return running.catch((error: { stdout: string; stderr: string }) => error);
}

describe('The manual page', () => {
  it('has the sections of a manual page in their order', () => {
    expect(page.match(/^\.SH .*$/gm)).toEqual(
      ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'COMMANDS', 'EXIT STATUS', 'ENVIRONMENT'].map(
        (name) => `.SH ${name}`,
      ),
    );
  });

  it('has every command with its flags, and no hidden one', () => {
    for (const command of program.createHelp().visibleCommands(program)) {
      if (command.name() === 'help') continue;
      expect(page).toMatch(new RegExp(String.raw`^\.SS fairlead ${command.name()}\b`, 'm'));
    }
    expect(page).toContain(String.raw`\-\-max\-tokens <count>`);
    expect(page).not.toMatch(/^\.SS fairlead complete\b/m);
  });

  it('has no line that roff would take for a request of its own', () => {
    const requests = new Set(
      page
        .split('\n')
        .filter((line) => /^[.']/.test(line))
        .map((line) => line.split(' ')[0]),
    );
    expect(requests).toEqual(new Set(['.B', '.I', '.PP', '.RI', '.SH', '.SS', '.TH', '.TP', '.fi', '.nf']));
  });

  describe.each([
    ['groff', ['-man', '-Tutf8', '-ww', '-z']],
    ['mandoc', ['-Tlint', '-Wwarning']],
    ['man', ['--warnings=w', '-l', '-']],
  ])('under %s', (command, args) => {
    let there = false;
    beforeAll(async () => {
      there = await isThere(command);
    });

    it('is set without a warning', async (context) => {
      context.skip(!there, `no ${command} here`);
      const { stdout, stderr } = await pipe(command, args);
      expect(stderr).toBe('');
      if (command === 'man') expect(stdout).toContain('fairlead exec demo -- python script.py');
      // A date would make another page of each build.
      else expect(stdout.split('\n').filter((line) => !/missing date|^$/.test(line))).toEqual([]);
    });
  });
});
