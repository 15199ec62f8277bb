// Whether the other routes of the configuration lead to the host that one of them has reached: asked without a login.

import { CodedError } from '@fairlead/kit';
import type { SshRoute } from '@fairlead/protocol';
import { askEachRoute, describeAnswer, type RouteTaken, type SshConnection, wrongRoutes } from '@fairlead/ssh';

import type { CliErrorCode } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { routesFor } from '../ssh/open-routes.ts';

const timeoutMs = 3_000;

/** Throws `routes_differ` when a route leads to another host. Warns of a route that does not answer now, and keeps it. */
export async function compareRoutes(
  list: readonly SshRoute[],
  { connection, taken }: { connection: Pick<SshConnection, 'hostKey'>; taken: RouteTaken },
  context: Context,
): Promise<void> {
  if (list.length < 2) return;
  const { type, base64, fingerprint } = connection.hostKey;
  const routes = routesFor(list, context, { pinned: [`${type} ${base64}`] });
  const others = routes.filter((_, index) => index !== taken.index);
  const answers = await askEachRoute(others, { limitMs: timeoutMs, signal: context.signal });
  const [wrong] = wrongRoutes({ answers });
  if (wrong) {
    throw new CodedError<CliErrorCode>(
      'routes_differ',
      `cannot tell which host is the bastion because its routes lead to different ones: ${taken.name} shows ${fingerprint}; ${wrong.failure.message}`,
      { hint: `Take ${wrong.name} or ${taken.name} out of bastion.fromLaptop, whichever is not the bastion.` },
    );
  }
  for (const answer of [...taken.answers.slice(0, taken.index), ...answers])
    if (answer.outcome === 'failed') context.output.warn(`a route that cannot be used now: ${describeAnswer(answer)}`);
}
