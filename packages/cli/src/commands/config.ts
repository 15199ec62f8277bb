// `fairlead config`: what is in force and where each value came from; `config schema`: the JSON Schema for editors.

import { stringify } from 'yaml';

import { hideSecrets, leafPaths, loadConfig, userConfigPath } from '@fairlead/config';
import { configPlaceOf } from '../config/config-place.ts';
import type { Context } from '../context.ts';
import { configSchema } from './config-schema.ts';

export async function runConfig(context: Context): Promise<void> {
  const { config: loaded, origins, files, project } = await loadConfig(configPlaceOf(context));
  const config = hideSecrets(loaded);
  const where = Object.fromEntries(leafPaths(loaded).map((path) => [path, origins.get(path) ?? 'default']));
  const text =
    Object.keys(loaded).length === 0
      ? `Nothing is configured: ${userConfigPath(context.env, context.home)} does not exist. Run \`fairlead init\`.`
      : withOrigins(stringify(config), where);
  const { refused = [], withheld = [] } = project ?? {};
  context.output.result({ event: 'config', ok: true, config, origins: where, files, refused, withheld }, text);
}

export function runConfigSchema(context: Context): void {
  const schema = configSchema();
  context.output.result({ event: 'config.schema', ok: true, schema }, JSON.stringify(schema, undefined, 2));
}

/** Every leaf's line says at its end where the value came from. */
function withOrigins(yaml: string, where: Record<string, string>): string {
  const stack: string[] = [];
  return yaml
    .trimEnd()
    .split('\n')
    .map((line) => {
      const match = /^(\s*)([^\s:#-][^:]*):(.*)$/.exec(line);
      if (!match) return line;
      stack.length = (match[1] ?? '').length / 2;
      stack.push((match[2] ?? '').replaceAll(/^["']|["']$/g, ''));
      const origin = where[stack.join('.')];
      return origin ? `${line}  # ${origin}` : line;
    })
    .join('\n');
}
