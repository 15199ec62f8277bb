// Which build of the agent this is: what `--version` prints and control is told.

import manifest from '../package.json' with { type: 'json' };

export const agentVersion: string = manifest.version;
