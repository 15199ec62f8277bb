// Settings for a program that lives for a fifth of a second. A module of its own, loaded before a command runs: `--help` does without
// node:v8 and zod.

import { setFlagsFromString } from 'node:v8';

// The new space grows from 1 to 8 MB at once, and not by doubling with a collection at each step (`pnpm bench cli`, 2026-11-30).
setFlagsFromString('--semi-space-growth-factor=8');
// Else V8 begins to mark the whole heap, in steps between the command's own work, while it is still loading: a tenth of `list`.
setFlagsFromString('--no-incremental-marking');
// Only now, so that the settings above hold while it is loaded.
const { config } = await import('zod');
// zod compiles a function for each object schema when it first decodes with it. A command decodes a handful of values once, which
// takes less time than compiling.
config({ jitless: true });

/**
 * For a command that lives on, such as `connect`: its heap is marked in steps again, because marking it at once stops all streams. Its new
 * space grows no more, which would take 45 MB: `connect` with 500 streams had 160 to 250 MB resident, and has 115 to 170, with no more
 * processor time (2026-12-01).
 */
export function liveOn(): void {
  setFlagsFromString('--incremental-marking');
  setFlagsFromString('--semi-space-growth-factor=1');
}
