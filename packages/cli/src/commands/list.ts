// `fairlead list`: the deployments control knows.

import type { Context } from '../context.ts';
import { openCliSession } from '../open-cli-session.ts';

export async function runList(args: { all: boolean }, context: Context): Promise<void> {
  await using session = await openCliSession(context);
  const [deployments, { listText }] = await Promise.all([
    session.api.listDeployments({ all: args.all }, context.signal),
    // Loaded while the bastion answers.
    import('./list-text.ts'),
  ]);
  context.output.result(
    { event: 'deployments', ok: true, deployments },
    deployments.length === 0
      ? `Nothing is deployed${args.all ? '' : ' (--all shows what has ended)'}. Start with: fairlead deploy demo`
      : listText(deployments, context.clock.now()),
  );
}
