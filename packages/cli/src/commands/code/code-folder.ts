// A folder for one run of a coding agent, for this account alone, removed after it. Those of runs that were killed are removed by the next
// one on the same host: others may share the home.

import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { listPids } from '@fairlead/kit';

export interface CodeFolder extends AsyncDisposable {
  readonly path: string;
}

/** Host, process and what mkdtemp adds. */
const shape = /^(.+)-(\d+)-[^-]+$/;

/** `parent`: no folder of temporary files: codex does not keep its helpers there. `pid`: of this process. */
export async function openCodeFolder(
  parent: string,
  files: Readonly<Record<string, string>>,
  { pid, platform, host = hostname() }: { pid: number; platform: NodeJS.Platform; host?: string },
): Promise<CodeFolder> {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  // Elsewhere there is no list of processes to read.
  if (platform === 'linux') await removeDead(parent, host);
  const path = await mkdtemp(join(parent, `${host}-${pid}-`));
  const remove = () => rm(path, { recursive: true, force: true });
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text, { mode: 0o600 });
  } catch (error) {
    await remove();
    throw error;
  }
  return { path, [Symbol.asyncDispose]: remove };
}

async function removeDead(parent: string, ownHost: string): Promise<void> {
  const names = await readdir(parent);
  if (names.length === 0) return;
  const alive = new Set(listPids());
  const dead = names.filter((name) => {
    const [, host, pid] = shape.exec(name) ?? [];
    return host === ownHost && !alive.has(Number(pid));
  });
  await Promise.all(dead.map((name) => rm(join(parent, name), { recursive: true, force: true })));
}
