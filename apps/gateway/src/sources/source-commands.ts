// The commands for publishers and upstreams. They work on the store, whether a gateway serves or not.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { CodedError, createSecret, defined, errorText, Secret } from '@fairlead/kit';

import type { AccountChange } from '../accounts/audit-record.ts';
import { readAccountName, readLimit } from '../accounts/read-account.ts';
import type { GatewayErrorCode } from '../gateway-error.ts';
import type { GatewayStore } from '../store/gateway-store.ts';
import { hashPublisherToken } from './publisher-desk.ts';
import type { UpstreamRecord } from './source-records.ts';

export interface SourceCommand {
  words: readonly string[];
  flags: SourceFlags;
  nowMs: number;
  actor: string;
  /** Where the gateway that serves takes publishers. Throws `gateway_not_serving`. */
  askDoor: () => Promise<{ socket: string; uid: number }>;
}

export type SourceFlags = Partial<Record<'account' | 'url' | 'key-file' | 'models' | 'concurrent', string>>;

/** The line that is printed; undefined where there is no such command. */
export async function runSourceCommand(
  store: Pick<GatewayStore, 'sources'>,
  command: SourceCommand,
): Promise<object | undefined> {
  const { words, flags, nowMs, actor } = command;
  const [group, verb, name] = words;
  const change: AccountChange = { actor, nowMs };
  switch (words.length === 3 ? `${group} ${verb} NAME` : words.join(' ')) {
    case 'publishers add NAME':
      return addPublisher(store, name!, command);
    case 'publishers list':
      return {
        event: 'publishers',
        ok: true,
        publishers: store.sources
          .publishers()
          .map(({ name: publisher, uid, createdMs }) => ({ name: publisher, uid, createdMs })),
      };
    case 'publishers remove NAME':
      store.sources.removePublisher(name!, change);
      return { event: 'publisher.removed', ok: true, publisher: name };
    case 'upstreams add NAME': {
      const upstream = readUpstream(name!, flags, nowMs);
      store.sources.addUpstream(upstream, change);
      return { event: 'upstream.added', ok: true, ...showUpstream(upstream) };
    }
    case 'upstreams list':
      return { event: 'upstreams', ok: true, upstreams: store.sources.upstreams().map(showUpstream) };
    case 'upstreams remove NAME':
      store.sources.removeUpstream(name!, change);
      return { event: 'upstream.removed', ok: true, upstream: name };
    default:
      return undefined;
  }
}

async function addPublisher(
  store: Pick<GatewayStore, 'sources'>,
  text: string,
  { flags, nowMs, actor, askDoor }: SourceCommand,
): Promise<object> {
  const name = readSourceName(text);
  const uid = uidOf(flags.account ?? name);
  const door = await askDoor();
  const token = createSecret('flp_');
  store.sources.addPublisher({ name, uid, hash: hashPublisherToken(token), createdMs: nowMs }, { actor, nowMs });
  const line = `fairlead-publish://${token.reveal()}@${door.uid}${door.socket}`;
  return { event: 'publisher.added', ok: true, name, uid, createdMs: nowMs, line };
}

/** It stands before a slash and before a colon. */
function readSourceName(text: string): string {
  return readAccountName('the name', text);
}

/** Asks the system, which may ask a directory. */
function uidOf(account: string): number {
  if (/^\d{1,10}$/.test(account)) return Number(account);
  try {
    return Number(execFileSync('id', ['-u', '--', account], { encoding: 'utf8', stdio: 'pipe' }).trim());
  } catch (error) {
    throw new CodedError<GatewayErrorCode>(
      'source_invalid',
      `cannot add a publisher because this host has no account ${account}`,
      {
        hint: "Name the account to which the publisher's control belongs: --account NAME",
        cause: error,
      },
    );
  }
}

function readUpstream(text: string, flags: SourceFlags, createdMs: number): UpstreamRecord {
  return {
    name: readSourceName(text),
    url: readUrl(flags.url),
    apiKey: readKey(flags['key-file']),
    models: flags.models === undefined ? undefined : readModels(flags.models),
    concurrent: flags.concurrent === undefined ? undefined : readLimit('--concurrent', flags.concurrent),
    createdMs,
  };
}

/** Plain HTTP would show the key and the prompts to the network. */
function readUrl(text: string | undefined): string {
  const url = URL.parse(text ?? '');
  const isLocal = url !== null && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  const isGood = url !== null && (url.protocol === 'https:' || (url.protocol === 'http:' && isLocal));
  if (isGood && url.username === '' && url.password === '' && url.search === '' && url.hash === '')
    return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  throw invalid(
    '--url',
    (text ?? '').replace(/\/\/[^/@]*@/, '//***@'),
    'Write the base URL of the API, such as https://llm.example.org/v1; http:// is for this host alone.',
  );
}

function readKey(file: string | undefined): Secret {
  if (file === undefined) return new Secret('none');
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw invalid('--key-file', file, `It cannot be read: ${errorText(error)}`);
  }
  if (/^[\x21-\x7e]{1,4096}$/.test(text)) return new Secret(text);
  throw invalid('--key-file', file, 'The file holds the key alone, in one line.');
}

/** `name` or `name=served`, with commas between. */
function readModels(text: string): Record<string, string> {
  const pairs = text.split(',').map((pair) => pair.trim());
  if (pairs.some((pair) => !/^[^=\s]+(=[^=\s]+)?$/.test(pair)))
    throw invalid(
      '--models',
      text,
      'Write names with commas between them, each with `=` and the name of the server where that is another.',
    );
  return Object.fromEntries(pairs.map((pair) => pair.split('=', 2)).map(([name, served]) => [name!, served ?? name!]));
}

function showUpstream({ name, url, models, concurrent, createdMs }: UpstreamRecord): object {
  return { name, url, ...defined({ models, concurrent }), createdMs };
}

function invalid(what: string, text: string, hint: string): CodedError<GatewayErrorCode> {
  return new CodedError('source_invalid', `cannot use ${what} because it is not valid: got ${JSON.stringify(text)}`, {
    hint,
  });
}

/** The lines of the program's usage. */
export const sourceCommandUsage = `publishers add NAME [--account A] | publishers list | publishers remove NAME
       gateway upstreams add NAME --url URL [--key-file F] [--models A,B=C] [--concurrent N] | upstreams list | upstreams remove NAME
`;
