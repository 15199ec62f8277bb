// The files of infra/gateway, each by its program in front of the data path.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { Scope } from '@fairlead/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { chat, chatThen, delta } from '../testing/engine-answers.ts';
import { hasProgram, makeCertificate, openProxy, proxies } from '../testing/proxies.ts';
import { type Handler, openRelayWorld } from '../testing/relay-world.ts';

let scope: Scope;
beforeEach(() => {
  scope = new Scope();
});
afterEach(() => scope[Symbol.asyncDispose]());

const path = '/v1/chat/completions';
const question = { model: 'm', messages: [{ role: 'user', content: 'count' }] };

function makeFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'fl-proxy-'));
  scope.defer(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

for (const proxy of proxies) {
  describe.skipIf(!hasProgram(proxy.program) || !hasProgram('openssl'))(`Behind ${proxy.program}`, () => {
    async function open(handler: Handler) {
      const dir = makeFolder();
      const world = scope.use(await openRelayWorld({ instances: [handler] }));
      const certificate = await makeCertificate(dir);
      const port = await openProxy(scope, proxy, { ...certificate, dir, gatewayPort: world.port });
      const ask = async (body: object, key = world.key, from?: string): Promise<IncomingMessage> => {
        const asked = request({
          host: '127.0.0.1',
          port,
          path,
          method: 'POST',
          servername: 'gateway.example.org',
          ca: readFileSync(certificate.certPath),
          agent: false,
          headers: {
            host: 'gateway.example.org',
            authorization: `Bearer ${key}`,
            ...(from === undefined ? {} : { 'x-forwarded-for': from }),
          },
        });
        asked.end(JSON.stringify(body));
        const [response] = (await once(asked, 'response')) as [IncomingMessage];
        return response;
      };
      return { world, ask };
    }

    it('a member is answered by HTTPS, also with a body of megabytes', async () => {
      const { world, ask } = await open(chat);
      const large = { ...question, messages: [{ role: 'user', content: 'x'.repeat(8_000_000) }] };
      const answer = await ask(large);
      expect([answer.statusCode, await text(answer)]).toEqual([200, expect.stringContaining('one two three')]);
      expect(world.records).toMatchObject([{ outcome: 'completed' }]);
    });

    it('each event of a stream arrives as it comes, and a client that leaves frees the instance', async () => {
      const { world, ask } = await open(chatThen(() => undefined));
      const answer = await ask({ ...question, stream: true });
      const [piece] = (await once(answer, 'data')) as [Buffer];
      expect(piece.toString()).toBe(delta('one '));
      answer.destroy();
      expect(await world.settled(1)).toMatchObject([{ outcome: 'client_left' }]);
      await expect.poll(() => world.seen[0]?.open).toBe(0);
    });

    it('a stream that is cut ends with an error event and without its end', async () => {
      const cut = (_request: unknown, response: ServerResponse) =>
        response.write('data: {"ch', () => response.destroy());
      const { ask } = await open(chatThen(cut));
      const answer = await ask({ ...question, stream: true });
      let got = '';
      answer.on('data', (piece) => (got += String(piece)));
      const ended = once(answer, 'end').then(
        () => 'whole',
        () => 'cut',
      );
      if (proxy.passesCut) expect(await ended).toBe('cut');
      await ended;
      expect(got).toContain('data: {"error"');
      expect(got).not.toContain('[DONE]');
    });

    it('wrong keys are counted by the address that the proxy saw, whatever the client says', async () => {
      const { ask } = await open(chat);
      const wrong = 'flk_aaaaaaaa_'.padEnd(51, 'a');
      const statuses: Array<number | undefined> = [];
      // The limit is 30, and comes back at one in two seconds: on a slow machine more are within it.
      for (let at = 0; at < 150 && statuses.at(-1) !== 429; at += 1) {
        const answer = await ask(question, wrong, `10.0.0.${at}`);
        answer.resume();
        statuses.push(answer.statusCode);
      }
      expect(statuses.length).toBeGreaterThan(30);
      expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
    });
  });
}

const analyzer = 'systemd-analyze';

describe.skipIf(!hasProgram(analyzer))('The unit of systemd', () => {
  it('is one that systemd accepts', () => {
    const dir = makeFolder();
    const unit = readFileSync(new URL('../../../../infra/gateway/fairlead-gateway.service', import.meta.url), 'utf8');
    const file = join(dir, 'fairlead-gateway.service');
    writeFileSync(file, unit.replace('%h/.local/bin/fairlead', '/bin/true'));
    const env = { ...process.env, XDG_RUNTIME_DIR: dir };
    // It fails, or says something, where a line is not understood.
    expect(execFileSync(analyzer, ['--user', 'verify', file], { env, encoding: 'utf8', stdio: 'pipe' })).toBe('');
  });
});
