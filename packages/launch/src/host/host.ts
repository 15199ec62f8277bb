// A machine on which the CLI runs commands and puts files: reached by SSH, or this one.

import { defined } from '@fairlead/kit';
import type { CommandRunner } from '@fairlead/scheduler';

import type { LeashedOptions, LeashedResult } from './leashed-command.ts';

export interface HostFacts {
  home: string;
  user: string;
  hostname: string;
  /** `uname -s` and `uname -m`, as in `Linux` and `x86_64`. */
  system: string;
  machine: string;
  /** Such as `2.36`; absent where it is not glibc. */
  glibc?: string;
  /** A Node of at least nodeMinimum on the host's PATH. */
  node?: string;
}

export interface HostUploadOptions {
  mode: number;
  onProgress?: (sentBytes: number, totalBytes: number) => void;
  signal?: AbortSignal;
}

export interface Host extends AsyncDisposable {
  /** For messages: `login`, `this machine`. */
  readonly label: string;
  readonly facts: HostFacts;
  readonly runner: CommandRunner;
  /** Atomic, verified by hash, the mode set before the name appears. Makes the folder (0700) where it is missing. */
  upload(source: Buffer | { path: string }, remotePath: string, options: HostUploadOptions): Promise<void>;
  /** The lines of a file, the last `lines` first; goes on with `follow` until the signal fires. */
  tail(path: string, options: { lines: number; follow: boolean; signal: AbortSignal }): AsyncIterable<string>;
  /**
   * Runs a command whose lines are read as they come. Resolves with its exit code. After the signal, and when the connection is lost,
   * the command and all that it started are ended; throws the signal's reason when that has happened.
   */
  runLeashed(argv: readonly string[], options: LeashedOptions): Promise<LeashedResult>;
}

/** Node's TypeScript-free bundles need this much (node:sqlite without a flag, `using`). */
export const nodeMinimum = { major: 22, minor: 18 };

/** Sentences of the shell: prints the facts as `key=value` lines. */
export const factsScript = `
echo "home=$HOME"
echo "user=$(id -un)"
echo "hostname=$(hostname 2>/dev/null || uname -n)"
echo "system=$(uname -s)"
echo "machine=$(uname -m)"
echo "glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null)"
if command -v node >/dev/null 2>&1; then echo "node=$(command -v node) $(node --version 2>/dev/null)"; fi
`;

export function parseFacts(text: string): HostFacts {
  const values = new Map(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1).trim()] as const] : [];
    }),
  );
  const glibc = /^glibc (\d+\.\d+)/.exec(values.get('glibc') ?? '')?.[1];
  const node = usableNode(values.get('node') ?? '');
  return {
    home: values.get('home') ?? '',
    user: values.get('user') ?? '',
    hostname: values.get('hostname') ?? '',
    system: values.get('system') ?? '',
    machine: values.get('machine') ?? '',
    ...defined({ glibc, node }),
  };
}

function usableNode(text: string): string | undefined {
  const match = /^(\/.*) v(\d+)\.(\d+)\./.exec(text);
  if (!match) return undefined;
  const [major, minor] = [Number(match[2]), Number(match[3])];
  const enough = major > nodeMinimum.major || (major === nodeMinimum.major && minor >= nodeMinimum.minor);
  return enough ? match[1] : undefined;
}

/** `~/x` → `/home/me/x`; other paths as they are. */
export function expandHome(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? home + path.slice(1) : path;
}
