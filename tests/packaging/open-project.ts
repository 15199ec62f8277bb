// An empty project that installs a tarball with npm, with the Node under test.

import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Ran, runOutside } from './run-outside.ts';

export interface Project extends AsyncDisposable {
  readonly dir: string;
  /** Runs a program with the Node under test first on PATH. */
  run(command: string, args: readonly string[], env?: Record<string, string>): Promise<Ran>;
  write(name: string, content: string): Promise<string>;
}

export async function openProject(node: string, packages: readonly string[]): Promise<Project> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'fl-project-')));
  const write = async (name: string, content: string) => {
    const path = join(dir, name);
    await writeFile(path, content);
    return path;
  };
  const project: Project = {
    dir,
    write,
    run: (command, args, env = {}) => runOutside(command, args, { cwd: dir, node, env }),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true, maxRetries: 5 }),
  };
  await write('package.json', '{"name":"empty","private":true}');
  const { code, stdout, stderr } = await project.run('npm', [
    'install',
    '--engine-strict',
    '--no-audit',
    '--no-fund',
    ...packages,
  ]);
  if (code === 0) return project;
  await project[Symbol.asyncDispose]();
  throw new Error(`npm install ended with ${code}: ${stdout}${stderr}`);
}
