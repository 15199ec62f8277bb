// `fairlead config trust [file]` and `config untrust [file]`: whether all settings of a project's file count.

import { distrustFile, projectFilePath, trustFile } from '@fairlead/config';
import type { Context } from '../context.ts';

export async function runConfigTrust(named: string | undefined, context: Context): Promise<void> {
  const trusted = await trustFile(await projectFilePath(named, context), context);
  const { path, settings } = trusted;
  const what =
    settings.length === 0
      ? 'It sets nothing that needs it.'
      : `From now on these count, too:\n${settings.map((setting) => `  ${setting}`).join('\n')}`;
  context.output.result(
    { event: 'config.trusted', ok: true, ...trusted },
    `${path} is trusted as it is now. ${what}\nWhen it changes, run this again. Take it back with: fairlead config untrust ${path}`,
  );
}

export async function runConfigUntrust(named: string | undefined, context: Context): Promise<void> {
  const path = await projectFilePath(named, context);
  const was = await distrustFile(path, context);
  context.output.result(
    { event: 'config.untrusted', ok: true, path, was },
    was ? `${path} is not trusted any more.` : `${path} was not trusted.`,
  );
}
