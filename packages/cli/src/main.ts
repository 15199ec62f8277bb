#!/usr/bin/env node
// The program: has Node keep what it compiles before any code that is worth keeping is loaded, then runs.

import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';

import { compileCacheDir } from './paths.ts';

const home = process.env['HOME'] || homedir();
// Where it cannot be written Node goes without.
enableCompileCache(compileCacheDir({ env: process.env, home }));
const { runCommandLine } = await import('./run-command-line.ts');
process.exitCode = await runCommandLine(process, home);
// Nothing is awaited any more; a library's idle timer must not hold the shell's prompt.
process.exit();
