// Asks each instance once how long a request to its models may be, for those who choose limits by it: coding agents, members.

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';

import { anySignal, type Clock, errorText, type Log, openTimeLimit, repeatTurns } from '@fairlead/kit';
import { decodeText, gatewayModelList } from '@fairlead/protocol';

import type { ModelTable, Offer, OfferedModel } from './offer.ts';

const lookMs = 1_000;
const answerTimeoutMs = 10_000;
/** Between two times that an instance which gave no answer is asked. */
const retryMs = 30_000;
const maxAnswerBytes = 1024 * 1024;

export interface FollowContextsDeps {
  models: () => ModelTable;
  reach: (offer: Offer, signal: AbortSignal) => Promise<Duplex>;
  clock: Clock;
  log: Log;
}

export interface Contexts {
  /** Of the instance that takes the least; undefined while none has told. */
  contextOf: (model: Pick<OfferedModel, 'offers'>) => number | undefined;
}

/** What an instance has told: by the names of its models. */
interface Told {
  contexts: ReadonlyMap<string, number>;
  /** Undefined: it has answered. */
  againAtMs: number | undefined;
}

/** Disposal ends it. */
export function followContexts({ models, reach, clock, log }: FollowContextsDeps): Contexts & AsyncDisposable {
  const stop = new AbortController();
  const told = new Map<string, Told>();
  async function ask(offer: Offer): Promise<void> {
    try {
      told.set(offer.instanceId, {
        contexts: await askContexts(offer, { reach, clock, signal: stop.signal }),
        againAtMs: undefined,
      });
    } catch (error) {
      log.debug({ op: 'gateway.contexts', ok: false, instance: offer.instanceId, error: errorText(error) });
      told.set(offer.instanceId, { contexts: new Map(), againAtMs: clock.monotonicMs() + retryMs });
    }
  }
  const turn = async () => {
    const offers = new Map([...models().values()].flatMap((model) => model.offers).map((one) => [one.instanceId, one]));
    for (const id of told.keys()) if (!offers.has(id)) told.delete(id);
    const now = clock.monotonicMs();
    const isDue = ({ instanceId }: Offer) => {
      const known = told.get(instanceId);
      return !known || (known.againAtMs !== undefined && known.againAtMs <= now);
    };
    for (const offer of offers.values()) if (isAskable(offer) && isDue(offer)) await ask(offer);
    return lookMs;
  };
  const running = repeatTurns(turn, { op: 'gateway.contexts', clock, log, signal: stop.signal });
  return {
    contextOf({ offers }) {
      const known = offers.flatMap(
        ({ instanceId, servedModel }) => told.get(instanceId)?.contexts.get(servedModel) ?? [],
      );
      return known.length === 0 ? undefined : Math.min(...known);
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the gateway was stopped'));
      await running;
    },
  };
}

/** An upstream's requests have heads of their own. */
function isAskable({ place }: Offer): boolean {
  return place.kind !== 'upstream';
}

async function askContexts(
  offer: Offer,
  { reach, clock, signal }: Pick<FollowContextsDeps, 'reach' | 'clock'> & { signal: AbortSignal },
): Promise<ReadonlyMap<string, number>> {
  using limit = openTimeLimit(clock, answerTimeoutMs, () => new Error('it did not answer in time'));
  const until = anySignal(limit.signal, signal);
  const channel = await reach(offer, until);
  const onAbort = () => channel.destroy(until.reason as Error);
  until.addEventListener('abort', onAbort, { once: true });
  try {
    const headers = { host: 'instance', authorization: `Bearer ${offer.apiKey.reveal()}` };
    const asked = request({ createConnection: () => channel, path: '/v1/models', headers });
    asked.end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    const decoded = decodeText(gatewayModelList, await readText(answer));
    if (!decoded.ok) throw new Error(`its list of models cannot be read: ${decoded.path} ${decoded.message}`);
    return new Map(
      decoded.value.data.flatMap(({ id, max_model_len: most }) => (most === undefined ? [] : [[id, most]])),
    );
  } finally {
    until.removeEventListener('abort', onAbort);
    channel.destroy();
  }
}

async function readText(answer: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > maxAnswerBytes) throw new Error('its list of models is too long');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
