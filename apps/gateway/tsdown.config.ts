import { defineConfig } from 'tsdown';

import { oneProgram } from '../../scripts/one-file.ts';

export default defineConfig(oneProgram('gateway', { cwd: import.meta.dirname, outDir: 'dist' }));
