// A copy of this checkout in which a scenario adds a folder and a line. Nothing of the checkout is changed.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify, stripVTControlCharacters } from 'node:util';

import { parseJsonLines, type JsonLine, type World } from '@fairlead/testkit';

const root = fileURLToPath(new URL('../..', import.meta.url));
const copied = ['packages', 'apps', 'scripts', 'infra/bastion', 'docs/fairlead.1'];
const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'vitest.config.ts', 'tsconfig.json'];

/** Disposal removes it. */
export class CheckoutCopy implements AsyncDisposable {
  readonly #dir: string;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  static async make(): Promise<CheckoutCopy> {
    const dir = await mkdtemp(join(tmpdir(), 'fl-copy-'));
    for (const path of [...copied, ...files])
      // Links between the packages are relative: they lead into the copy.
      await cp(join(root, path), join(dir, path), {
        recursive: true,
        verbatimSymlinks: true,
        filter: (source) => !/\/(dist|\.turbo|\.cache)$/.test(source),
      });
    await symlink(join(root, 'node_modules'), join(dir, 'node_modules'));
    return new CheckoutCopy(dir);
  }

  async write(path: string, content: string): Promise<void> {
    await mkdir(dirname(join(this.#dir, path)), { recursive: true });
    await writeFile(join(this.#dir, path), content);
  }

  /** Puts the name of an import at the head of a file's list. */
  async lengthenList(path: string, { name, from }: { name: string; from: string }): Promise<void> {
    const list = await readFile(join(this.#dir, path), 'utf8');
    const longer = list.replace(/= \[(?=\w)/, `= [${name}, `);
    if (longer === list) throw new Error(`${path} has no list`);
    await writeFile(join(this.#dir, path), `import { ${name} } from '${from}';\n${longer}`);
  }

  /** Runs test files of the copy. Resolves with what vitest says of each test; rejects where one fails. */
  async runTests(...paths: string[]): Promise<string> {
    const vitest = join(this.#dir, 'node_modules/vitest/vitest.mjs');
    // A second worker costs more than it saves.
    const args = ['run', '--project', 'units', '--maxWorkers', '1', ...paths, '--reporter', 'verbose'];
    const { FAIRLEAD_BUILT: _, ...env } = process.env;
    const { stdout } = await promisify(execFile)(process.execPath, [vitest, ...args], { cwd: this.#dir, env });
    return stripVTControlCharacters(stdout);
  }

  /** The copy's `fairlead <args> --json` in a world. Resolves with its last line; rejects where it fails. */
  async json(world: World, ...args: string[]): Promise<JsonLine> {
    const main = ['--conditions=fairlead-source', join(this.#dir, 'packages/cli/src/main.ts')];
    const cli = spawn(process.execPath, [...main, ...args, '--json'], {
      cwd: world.dir,
      env: { ...world.env, XDG_CACHE_HOME: join(this.#dir, 'cache') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [[code], stdout, stderr] = await Promise.all([once(cli, 'close'), text(cli.stdout), text(cli.stderr)]);
    if (code !== 0) throw new Error(`fairlead ${args.join(' ')} ended with ${String(code)}: ${stdout}${stderr}`);
    return parseJsonLines(stdout).at(-1) ?? {};
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#dir, { recursive: true, force: true });
  }
}
