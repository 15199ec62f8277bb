// From what was asked and what the host has to how an environment is built and where. Pure.

import type { EngineKind } from '@fairlead/engines';
import { CodedError, defined } from '@fairlead/kit';
import { join } from 'node:path/posix';

import type { LaunchErrorCode } from '../launch-error.ts';
import type { SetupFacts } from './setup-facts.ts';

export interface SetupWish {
  /** Of the engine; absent: the newest that the package index has. */
  version?: string | undefined;
  /** Where environments lie: the flag, else `paths.environments`. */
  directory?: string | undefined;
  /** An image in place of a venv; `true`: the engine's own. */
  container?: string | true | undefined;
}

export interface SetupPlan {
  method: 'uv' | 'venv' | 'container';
  directory: string;
  /** Below it, once it is finished and tried. */
  name: string;
  /** What is installed or pulled: `vllm==0.11.0`, `docker://…`. */
  what: string;
  /** The installer: uv, a Python, apptainer. */
  program: string;
  /** Of the package. */
  distribution: string;
  freeKb: number;
  needsKb: number;
  isHome: boolean;
  /** What the engine is started by, once the environment has its name. */
  command: string[];
}

/** vLLM with PyTorch and CUDA: 8 GB in 2025, and as much again while packages are unpacked from the cache. */
const venvKb = 15 * 1_048_576;
/** The image as it is pulled, and as it is kept. */
const containerKb = 25 * 1_048_576;
const oldestPython = 10;

export function planSetup(kind: EngineKind, wish: SetupWish, facts: SetupFacts, host: string): SetupPlan {
  const distribution = kind.version?.distribution;
  if (kind.program.kind !== 'installed' || distribution === undefined)
    throw refusal(kind.title, host, {
      code: 'usage',
      why: 'it is not installed as a package',
      hint: 'Only engines that a site installs can be set up: vllm.',
    });
  const { version } = wish;
  if (version !== undefined && !/^\d+(\.\w+)*$/.test(version))
    throw refusal(kind.title, host, { code: 'usage', why: `${version} is no version`, hint: 'Write it as in 0.11.0.' });
  const [program = distribution, ...rest] = kind.program.command;
  const name = `${distribution}${version === undefined ? '' : `-${version}`}`;
  const { method, installer, what, needsKb } = howTo(kind, distribution, { wish, facts, host });
  const place = placeFor(kind.title, needsKb, { wish, facts, host });
  const whole = { method, name, what, program: installer, distribution, needsKb, ...place };
  const command =
    method === 'container'
      ? [installer, 'exec', '--nv', join(place.directory, `${name}.sif`), program, ...rest]
      : [join(place.directory, name, 'bin', program), ...rest];
  return { ...whole, command };
}

/** Throws for a directory that would be another one for each program; a shell has expanded a `~` before. */
export function refuseRelative(directory: string | undefined, title: string, host: string): void {
  if (directory === undefined || directory.startsWith('/')) return;
  throw refusal(title, host, {
    code: 'usage',
    why: `the directory ${JSON.stringify(directory)} is not absolute`,
    hint: 'Begin --dir with /. In the configuration, paths.environments may begin with ~/ or a variable of the cluster.',
  });
}

interface Circumstances {
  wish: SetupWish;
  facts: SetupFacts;
  host: string;
}

function howTo(kind: EngineKind, distribution: string, { wish, facts, host }: Circumstances) {
  const { version, container } = wish;
  const { title } = kind;
  if (container !== undefined) {
    const image = container === true ? `docker://vllm/vllm-openai:${version ? `v${version}` : 'latest'}` : container;
    if (!/^(docker|oras|library|https?):\/\/\S+$|^\/\S+\.sif$/.test(image))
      throw refusal(title, host, {
        code: 'usage',
        why: `${image} names no image`,
        hint: 'Write it as in docker://vllm/vllm-openai:v0.11.0.',
      });
    if (facts.apptainer !== undefined)
      return { method: 'container', installer: facts.apptainer, what: image, needsKb: containerKb } as const;
    throw refusal(title, host, {
      code: 'setup_failed',
      why: 'neither apptainer nor singularity is there',
      hint: 'Load it in `prologue` (module load apptainer), or leave --container out.',
    });
  }
  const what = version === undefined ? distribution : `${distribution}==${version}`;
  if (facts.uv !== undefined) return { method: 'uv', installer: facts.uv, what, needsKb: venvKb } as const;
  const python = facts.pythons.find((one) => minorOf(one.version) >= oldestPython);
  if (python) return { method: 'venv', installer: python.path, what, needsKb: venvKb } as const;
  const found = facts.pythons.map((one) => one.version).join(', ') || 'none that can make a venv';
  throw refusal(title, host, {
    code: 'setup_failed',
    why: `there is no uv and no Python 3.${oldestPython} or newer (found: ${found})`,
    hint: 'Load one in `prologue` (module load python/3.12), or install uv there: curl -LsSf https://astral.sh/uv/install.sh | sh',
  });
}

function minorOf(version: string): number {
  const [major, minor] = version.split('.').map(Number);
  return major === 3 ? (minor ?? 0) : 0;
}

/** The directory that was named, else the first with room; a home only where nothing else is. */
function placeFor(title: string, needsKb: number, { wish, facts, host }: Circumstances) {
  const { directory } = wish;
  const named = directory === undefined ? undefined : facts.folders.find(({ path }) => path === directory);
  if (directory !== undefined && !named)
    throw refusal(title, host, {
      code: 'remote_unfit',
      why: `${directory} cannot be made or written`,
      hint: 'Name another directory: --dir, or paths.environments.',
    });
  const rooms = named ? [named] : facts.folders;
  const found = rooms.find(({ freeKb }) => freeKb >= needsKb);
  if (found) {
    const path = named ? found.path : join(found.path, 'fairlead', 'environments');
    return { directory: path, freeKb: found.freeKb, isHome: found.path === facts.home };
  }
  const words = rooms.map(({ path, freeKb }) => `${gigabytes(freeKb)} GB in ${path}`).join(', ') || 'none';
  throw refusal(title, host, {
    code: 'disk_full',
    why: `it needs about ${gigabytes(needsKb)} GB and there is less room: ${words}`,
    hint: 'Make room, or name a directory on a larger file system that compute nodes see: --dir, or paths.environments.',
  });
}

export function gigabytes(kb: number): number {
  return Math.round(kb / 1_048_576);
}

function refusal(
  title: string,
  host: string,
  { code, why, hint }: { code: LaunchErrorCode; why: string; hint: string },
): CodedError<LaunchErrorCode> {
  return new CodedError(code, `cannot set up ${title} on ${host} because ${why}`, defined({ hint }));
}
