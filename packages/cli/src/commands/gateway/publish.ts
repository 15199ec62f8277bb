// `fairlead publish` and `fairlead unpublish`: deployments of this account at the gateway of another.

import { CodedError } from '@fairlead/kit';
import type { PublicationView } from '@fairlead/protocol';

import type { CliErrorCode } from '../../cli-error.ts';
import type { Context } from '../../context.ts';
import { openCliSession } from '../../open-cli-session.ts';
import { table } from '../../output/table.ts';
import { readLine } from './read-line.ts';
import { readTarget, wrongLine } from './read-target.ts';

/** Without a name: lists what is published. */
export async function runPublish({ name, to }: { name?: string; to?: string }, context: Context): Promise<void> {
  if (name === undefined) return list(context);
  if (to === undefined) throw wrongLine('no gateway is named: give --to');
  const target = readTarget(to === '-' ? await readLine(context.streams.stdin) : to);
  await using session = await openCliSession(context);
  const publication = await session.api.publish(name, target, context.signal);
  if (publication.state === 'refused')
    throw new CodedError<CliErrorCode>('publish_refused', `cannot publish ${name} because ${publication.problem}`, {
      hint: `It is offered as soon as that is mended. Take it back: fairlead unpublish ${name}`,
    });
  context.output.result({ event: 'published', ok: true, ...publication }, publishedText(publication));
}

export async function runUnpublish({ name }: { name: string }, context: Context): Promise<void> {
  await using session = await openCliSession(context);
  const publication = await session.api.unpublish(name, context.signal);
  context.output.result(
    { event: 'unpublished', ok: true, name, gateway: publication.gateway },
    `${name} is not published any more: the gateway cannot reach it`,
  );
}

async function list(context: Context): Promise<void> {
  await using session = await openCliSession(context);
  const publications = await session.api.publications(context.signal);
  const rows = publications.map((one) => [
    one.deployment,
    one.state,
    one.names.join(', ') || '-',
    one.gateway,
    one.problem ?? '',
  ]);
  context.output.result(
    { event: 'publications', ok: true, publications },
    rows.length === 0
      ? 'Nothing is published. Publish a deployment: fairlead publish <name> --to <line>'
      : table(['NAME', 'STATE', 'OFFERED AS', 'GATEWAY', ''], rows),
  );
}

function publishedText({ deployment, state, names, gateway, problem }: PublicationView): string {
  switch (state) {
    case 'offered':
      return `${deployment} is offered as ${names.join(', ')}`;
    case 'waiting':
      return `${deployment} is published; the gateway offers it as ${names.join(', ')} as soon as an instance is ready`;
    case 'connecting':
    case 'refused':
      return `${deployment} will be published: the gateway at ${gateway} has not answered yet${problem === undefined ? '' : ` (${problem})`}`;
  }
}
