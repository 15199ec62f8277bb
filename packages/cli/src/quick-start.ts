// Settings of V8 for programs that live for a fifth of a second. Imported first, before there is much to collect.

import { setFlagsFromString } from 'node:v8';

// The new space grows from 1 to 16 MB at once, and not by doubling with a collection at each step. Saves five collections of six,
// a tenth of what `list` takes (`pnpm bench cli`, 2026-11-30).
setFlagsFromString('--semi-space-growth-factor=16');
