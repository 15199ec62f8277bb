// A reader's shell: runs the commands of a page in a world, with `fairlead` on the PATH.

import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { World } from '@fairlead/testkit';
import { commandLine } from '@fairlead/testkit/programs';

export interface Said {
  code: number | string;
  /** stdout and stderr together, as on a terminal. */
  output: string;
}

const timeoutMs = 90_000;
const goesOn = /^fairlead connect /;

export class DocShell {
  readonly #world: World;
  readonly #folder: string;
  #port: string | undefined;

  private constructor(world: World, folder: string) {
    this.#world = world;
    this.#folder = folder;
  }

  static async open(world: World): Promise<DocShell> {
    const folder = join(world.dir, 'reader');
    await mkdir(folder);
    const command = `#!/bin/sh\nexec ${commandLine('cli')} "$@"\n`;
    await writeFile(join(folder, 'fairlead'), command, { mode: 0o700 });
    await writeFile(join(folder, 'script.py'), 'import os\nprint(os.environ["OPENAI_BASE_URL"])\n');
    return new DocShell(world, folder);
  }

  /** Runs a whole block. Leaves a long-running command running; the local ports in later blocks are its port. */
  async run(text: string): Promise<Said> {
    if (goesOn.test(text)) return this.#connect(text.trim());
    return this.#shell(text);
  }

  async #connect(line: string): Promise<Said> {
    const running = this.#world.start([...line.split(/\s+/).slice(1), '--json']);
    const said = await running.line((one) => one.includes('"baseUrl"'));
    const { baseUrl } = JSON.parse(said) as { baseUrl: string };
    this.#port = new URL(baseUrl).port;
    return { code: 0, output: said };
  }

  #shell(text: string): Promise<Said> {
    const { env } = this.#world;
    const options = {
      cwd: this.#folder,
      env: { ...env, PATH: `${this.#folder}:${env['PATH'] ?? ''}`, LC_ALL: 'C.UTF-8' },
      timeout: timeoutMs,
    };
    return new Promise((resolve) => {
      const shell = execFile(
        'bash',
        ['--norc', '-euo', 'pipefail', '-c', this.#replaced(text)],
        options,
        (error, out, err) =>
          resolve({ code: error ? (error.code ?? error.signal ?? 'killed') : 0, output: `${err}${out}` }),
      );
      shell.stdin?.end();
    });
  }

  /** Replaces names that differ between this world and a reader's site. */
  #replaced(text: string): string {
    const { dir } = this.#world;
    const places: Array<[string, string]> = [['state=~/.local/share/fairlead', `state=${join(dir, 'bastion')}`]];
    if (this.#port !== undefined) places.push(['127.0.0.1:18000', `127.0.0.1:${this.#port}`]);
    return places.reduce((now, [name, place]) => now.replaceAll(name, place), text);
  }
}

/** The commands of a block that shows a terminal, each with its expected lines. */
export function readTranscript(text: string): Array<{ command: string; shown: string[] }> {
  const turns: Array<{ command: string; shown: string[] }> = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('$ ')) turns.push({ command: line.slice(2), shown: [] });
    else turns.at(-1)?.shown.push(line);
  }
  return turns;
}

/** The expected lines that did not come in this order. Numbers may differ; `…` matches anything. Pure. */
export function notSaid(shown: readonly string[], output: string): string[] {
  const lines = output.split('\n').map(plain);
  let from = 0;
  return shown.filter((line) => {
    if (line.trim() === '' || line.trim() === '…') return false;
    const parts = plain(line).split('…');
    const wanted = new RegExp(`^${parts.map((part) => RegExp.escape(part)).join('.*')}$`);
    const at = lines.findIndex((one, index) => index >= from && wanted.test(one));
    if (at >= 0) from = at + 1;
    return at < 0;
  });
}

function plain(line: string): string {
  return line.replaceAll(/\d+/g, '0').replaceAll(/\s+/g, ' ').trim();
}
