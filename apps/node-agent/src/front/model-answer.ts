// The answer to `GET /v1/models/<name>`, picked from the engine's own list. vLLM has the list alone, and OpenAI's clients ask for one.

import { STATUS_CODES } from 'node:http';
import { refuse, renderRefusal } from '@fairlead/openai-wire';
import type { EngineAnswer } from './engine-answer.ts';

const maxListBytes = 1024 * 1024;
const headEnd = Buffer.from('\r\n\r\n');

/** Asks in HTTP/1.0: the answer then ends with the connection, without chunks. Nothing of the client's request travels. */
export function modelListHead(engineLines: Buffer): Buffer {
  return Buffer.concat([Buffer.from('GET /v1/models HTTP/1.0\r\nhost: engine\r\n', 'latin1'), engineLines]);
}

/** Holds the list until the engine has ended, then gives the entry of that name, or 404 as vLLM words it. */
export class ModelAnswer implements EngineAnswer {
  readonly #name: string;
  readonly #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(name: string) {
    this.#name = name;
  }

  take(piece: Buffer): undefined {
    this.#bytes += piece.length;
    if (this.#bytes <= maxListBytes) this.#pieces.push(piece);
  }

  end(): Buffer {
    const answer = Buffer.concat(this.#pieces);
    const bodyAt = answer.indexOf(headEnd) + headEnd.length;
    const isOk = /^HTTP\/1\.[01] 200 /.test(answer.toString('latin1', 0, 13));
    // An error that the engine answers with passes to the client as it is.
    if (!isOk && answer.length > 0 && this.#bytes <= maxListBytes) return answer;
    const list = this.#bytes <= maxListBytes ? decodeList(answer.subarray(bodyAt)) : undefined;
    if (!list) return renderRefusal(refuse('engine_unavailable', unreadableReasons, 5));
    const entry = list.find(({ id }) => id === this.#name);
    return entry ? render(200, entry) : render(404, notServed(this.#name, list));
  }

  whileQuiet(): undefined {
    return undefined;
  }
}

interface Entry {
  id: string;
}

const unreadableReasons =
  "The front cannot tell whether this model is served because the engine's list of models is not readable. Ask for GET /v1/models.";

function decodeList(body: Buffer): Entry[] | undefined {
  try {
    const list: unknown = JSON.parse(body.toString('utf8'));
    if (typeof list !== 'object' || list === null || !('data' in list) || !Array.isArray(list.data)) return undefined;
    return list.data.filter(isEntry);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isEntry(entry: unknown): entry is Entry {
  return typeof entry === 'object' && entry !== null && 'id' in entry && typeof entry.id === 'string';
}

function notServed(name: string, list: Entry[]): unknown {
  const aliases = list.map(({ id }) => id).join(', ');
  const message = `The model \`${name}\` does not exist. Valid aliases: ${aliases}.`;
  return { error: { message, type: 'NotFoundError', param: 'model', code: 404 } };
}

function render(status: 200 | 404, content: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(content));
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}
