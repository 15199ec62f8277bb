// Serves the metrics page at a unix socket in the agent's own 0700 directory, where the front sends requests for `GET /metrics`.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { errorText, type Log } from '@fairlead/kit';

/** Prometheus's text format. */
const contentType = 'text/plain; version=0.0.4; charset=utf-8';

/** Resolves when it listens. Disposing cuts what is open. */
export async function serveMetrics(
  path: string,
  { scrape, log }: { scrape: () => Promise<string>; log: Log },
): Promise<AsyncDisposable> {
  const server = createServer((request, response) => {
    request.resume();
    scrape().then(
      (page) =>
        response.writeHead(200, { 'content-type': contentType, 'content-length': Buffer.byteLength(page) }).end(page),
      (error: unknown) => {
        log.warn({ op: 'metrics.scrape', ok: false, error: errorText(error) }, 'cannot render the metrics');
        response.writeHead(500).end();
      },
    );
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}
