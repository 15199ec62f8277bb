#!/usr/bin/env node
// The program: has Node keep what it compiles before any code that is worth keeping is loaded, then runs.

// By its default export: an older Node refuses to load a program that names an export which it lacks.
import nodeModule from 'node:module';
import { homedir } from 'node:os';

import { compileCacheDir } from './paths.ts';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `error  cannot run fairlead because it needs Node 22.18 or newer: got ${process.versions.node}\n       Install a newer Node (https://nodejs.org), or run it from a checkout with \`npx -y pnpm@12 cli\`, which brings its own.\n`,
  );
  process.exit(1);
}

const home = process.env['HOME'] || homedir();
// Where it cannot be written Node goes without.
nodeModule.enableCompileCache(compileCacheDir({ env: process.env, home }));
const { runCommandLine } = await import('./run-command-line.ts');
process.exitCode = await runCommandLine(process, home);
// Nothing is awaited any more; a library's idle timer must not hold the shell's prompt.
process.exit();
