// How to run programs for Linux arm64 here: directly, or with an emulator for single processes (qemu-user).

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The folder of Debian's libc6-arm64-cross and libstdc++6-arm64-cross, which replace an arm64 system's libraries. */
const arm64Libraries = '/usr/aarch64-linux-gnu';

export type Arm64 = { ok: true; prefix: readonly string[] } | { ok: false; why: string };

/** `prefix` goes before the program's path. */
export function findArm64(env: NodeJS.ProcessEnv = process.env): Arm64 {
  if (process.platform !== 'linux') return { ok: false, why: 'Linux programs do not run here' };
  if (process.arch === 'arm64') return { ok: true, prefix: [] };
  const libraries = env['QEMU_LD_PREFIX'] ?? arm64Libraries;
  const emulator = (env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => ['qemu-aarch64-static', 'qemu-aarch64'].map((name) => join(folder, name)))
    .find((path) => existsSync(path));
  if (!emulator) return { ok: false, why: 'no qemu-aarch64 on PATH (Debian: qemu-user-static)' };
  if (existsSync(join(libraries, 'lib', 'libstdc++.so.6'))) return { ok: true, prefix: [emulator, '-L', libraries] };
  return { ok: false, why: `no arm64 libraries in ${libraries} (Debian: libc6-arm64-cross, libstdc++6-arm64-cross)` };
}
