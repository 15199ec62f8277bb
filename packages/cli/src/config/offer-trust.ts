// "Trust this file?": asked once at a terminal, before settings of a project's file are left out of a deployment.

import type { Context } from '../context.ts';
import { readProjectConfig, settingNames, trustFile } from '@fairlead/config';

/** Records a yes. After a no the command goes on without these settings and says so. */
export async function offerTrust(context: Context): Promise<void> {
  if (!context.ask || context.flags.config) return;
  const { whole, withheld } = await readProjectConfig(context);
  if (!whole || withheld.length === 0) return;
  const question = `${whole.from} sets ${settingNames(withheld)}: such settings run commands, name files, or say where to log in. Have you read it, and do you trust it?`;
  if (await context.ask.confirm(question, false)) await trustFile(whole.from, context);
}
