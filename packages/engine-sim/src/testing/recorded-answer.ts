// One exchange of golden/wire/: the request, and the answer of the real vLLM.

import { readFileSync } from 'node:fs';

export interface RecordedAnswer {
  method: string;
  path: string;
  requestBody: string;
  status: number;
  /** In order. */
  headers: Array<[name: string, value: string]>;
  body: string;
}

export function readRecorded(name: string): RecordedAnswer {
  const text = readGolden(`wire/${name}.txt`);
  const match = /^> (\S+) (\S+) HTTP\/1\.1\n> (.*)\n\nHTTP\/1\.1 (\d+) [^\n]*\n([\s\S]*?)\n\n([\s\S]*)$/.exec(text);
  if (!match) throw new Error(`cannot read golden/wire/${name}.txt: no request line, status line and body`);
  const [, method = '', path = '', requestBody = '', status, headers = '', body = ''] = match;
  const pairs = headers.split('\n').map((line): [string, string] => {
    const colon = line.indexOf(': ');
    return [line.slice(0, colon), line.slice(colon + 2)];
  });
  return { method, path, requestBody, status: Number(status), headers: pairs, body };
}

export function readGolden(path: string): string {
  return readFileSync(new URL(`../../golden/${path}`, import.meta.url), 'utf8');
}

/** Replaces what differs from run to run: ids and times. */
export function withoutIds(body: string): string {
  return body
    .replaceAll(/"(chatcmpl|cmpl|modelperm)-[0-9a-f]+"/g, '"$1-ID"')
    .replaceAll(/"created":\d+/g, '"created":0');
}
