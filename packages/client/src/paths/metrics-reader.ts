// Reads `GET /metrics` of endpoints through both hops, over a session that is open: no connection of its own for each deployment.

import { carrierKinds, createReach, reachEndpoint } from '@fairlead/carrier';
import { CodedError } from '@fairlead/kit';
import type { EndpointView } from '@fairlead/protocol';

import type { ClientErrorCode } from '../client-error.ts';
import type { Session } from '../control/open-session.ts';
import { type ChannelAnswer, sendOverChannel } from '../openai/channel-request.ts';
import { decodeEngineError } from '../openai/engine-error.ts';

export interface MetricsReader {
  /** Resolves with the page. Throws `EngineError` for an error answer, `answer_invalid` for a page that is too large, and what the carrier throws. */
  read(endpoint: EndpointView, signal: AbortSignal): Promise<string>;
}

/** That of a vLLM has 100 kB. */
const maxPageBytes = 16 * 1024 * 1024;

/** The session's disposal ends what is being read. */
export function createMetricsReader(session: Pick<Session, 'link'>): MetricsReader {
  const { link } = session;
  const carrier = createReach(carrierKinds.map((kind) => kind.createReacher({ link })));
  return {
    async read(endpoint, signal) {
      const { deployment: name } = endpoint;
      const what = `read the metrics of ${name}`;
      const open = async () => ({ endpoint, channel: await reachEndpoint(carrier, endpoint, { signal }) });
      const authorize = (headers: Headers) => headers.set('authorization', `Bearer ${endpoint.apiKey.reveal()}`);
      const wanted = { method: 'GET', path: '/metrics', headers: new Headers(), signal };
      const answer = await sendOverChannel({ name, paths: { open }, authorize }, wanted);
      const text = await readBounded(what, answer);
      const status = answer.incoming.statusCode ?? 0;
      if (status === 200) return text;
      throw decodeEngineError(what, { status, text, retryAfter: answer.incoming.headers['retry-after'] });
    },
  };
}

async function readBounded(what: string, { incoming, explain }: ChannelAnswer): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxPageBytes) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw explain(error);
  }
  if (bytes > maxPageBytes)
    throw new CodedError<ClientErrorCode>(
      'answer_invalid',
      `cannot ${what} because the page is too large: over ${maxPageBytes} bytes`,
      {
        hint: 'Look at `fairlead logs --source agent`.',
      },
    );
  return Buffer.concat(chunks).toString('utf8');
}
