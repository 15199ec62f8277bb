// Where the user's own configuration lies. A module of its own: who only looks whether it has changed loads no reader of YAML.

import { join } from 'node:path';

export function userConfigPath(env: Record<string, string | undefined>, home: string): string {
  return join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'fairlead', 'config.yaml');
}
