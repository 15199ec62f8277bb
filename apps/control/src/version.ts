// Which build of control this is.

import manifest from '../package.json' with { type: 'json' };

export const controlVersion: string = manifest.version;
