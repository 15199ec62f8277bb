import { defineConfig } from 'tsdown';

import { oneFile } from '../../scripts/one-file.ts';

export default defineConfig(
  oneFile({ name: 'engine-sim', entry: 'src/main.ts', cwd: import.meta.dirname, outDir: 'dist' }),
);
