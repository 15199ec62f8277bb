// `fairlead gateway publishers` and `fairlead gateway upstreams`: where a gateway has models from beside its own deployments.

import { resolve } from 'node:path';

import type { Context } from '../../context.ts';
import { table } from '../../output/table.ts';
import { askGateway, flagWords, gatewayStateDir, type GatewayLine } from './gateway-program.ts';
import { dateText } from './key-text.ts';

interface NamedArgs {
  name: string;
  state?: string;
}

export async function runPublishersAdd(
  { name, account, state }: NamedArgs & { account?: string },
  context: Context,
): Promise<void> {
  const flags = flagWords({ state: gatewayStateDir(state, context), account });
  const line = await askGateway('publisher.added', ['publishers', 'add', ...flags, '--', name], context);
  context.output.result(
    line,
    `${line.name} may publish here, from the account with uid ${line.uid}. This line is for them alone, and is not shown again:\n\n  ${line.line}\n\nThey run: fairlead publish <deployment> --to -\nand give it the line.`,
  );
}

export async function runPublishersList({ state }: { state?: string }, context: Context): Promise<void> {
  const line = await askGateway(
    'publishers',
    ['publishers', 'list', '--state', gatewayStateDir(state, context)],
    context,
  );
  const rows = line.publishers.map(({ name, uid, createdMs }) => [name, String(uid), dateText(createdMs)]);
  context.output.result(
    line,
    rows.length === 0
      ? 'There are no publishers. Add one: fairlead gateway publishers add NAME'
      : table(['NAME', 'UID', 'SINCE'], rows),
  );
}

export async function runPublishersRemove({ name, state }: NamedArgs, context: Context): Promise<void> {
  const words = ['publishers', 'remove', '--state', gatewayStateDir(state, context), '--', name];
  const line = await askGateway('publisher.removed', words, context);
  context.output.result(line, `${line.publisher} publishes here no more`);
}

export interface UpstreamsAddArgs extends NamedArgs {
  url: string;
  keyFile?: string;
  models: readonly string[];
  concurrent?: number;
}

export async function runUpstreamsAdd(args: UpstreamsAddArgs, context: Context): Promise<void> {
  const { keyFile, models } = args;
  const flags = flagWords({
    state: gatewayStateDir(args.state, context),
    url: args.url,
    'key-file': keyFile === undefined ? undefined : resolve(context.cwd, keyFile),
    models: models.length === 0 ? undefined : models.join(','),
    concurrent: args.concurrent,
  });
  const line = await askGateway('upstream.added', ['upstreams', 'add', ...flags, '--', args.name], context);
  context.output.result(line, `${line.name} is an upstream: ${line.url}, for ${modelsText(line)}`);
}

export async function runUpstreamsList({ state }: { state?: string }, context: Context): Promise<void> {
  const line = await askGateway(
    'upstreams',
    ['upstreams', 'list', '--state', gatewayStateDir(state, context)],
    context,
  );
  const rows = line.upstreams.map((one) => [one.name, one.url, modelsText(one), String(one.concurrent ?? '-')]);
  context.output.result(
    line,
    rows.length === 0
      ? 'There are no upstreams. Add one: fairlead gateway upstreams add NAME --url URL'
      : table(['NAME', 'URL', 'MODELS', 'AT A TIME'], rows),
  );
}

export async function runUpstreamsRemove({ name, state }: NamedArgs, context: Context): Promise<void> {
  const words = ['upstreams', 'remove', '--state', gatewayStateDir(state, context), '--', name];
  const line = await askGateway('upstream.removed', words, context);
  context.output.result(line, `${line.upstream} is no upstream any more`);
}

function modelsText({ models }: GatewayLine<'upstreams'>['upstreams'][number]): string {
  if (models === undefined) return 'all models that it lists';
  return Object.entries(models)
    .map(([name, served]) => (name === served ? name : `${name} (${served} there)`))
    .join(', ');
}
