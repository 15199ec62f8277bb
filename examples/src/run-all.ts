// `pnpm examples`: runs every client against the endpoint in the environment (`fairlead exec <name> -- pnpm examples`), or, without
// one, against a small world of its own. With `prepare` it only installs what the Python clients need.

import { openWorld } from '@fairlead/testkit';

import { clientEnv, clients, needsPython } from './clients.ts';
import { findPythonEnvironment } from './python-environment.ts';
import { runClient } from './run-client.ts';

const counts = { passed: 0, failed: 0, skipped: 0 };

async function runAll(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const python = await findPythonEnvironment();
  for (const client of clients) {
    if (needsPython(client) && 'missing' in python) {
      counts.skipped += 1;
      console.log(`skipped ${client.name}: ${python.missing}`);
      continue;
    }
    const { ok, why } = await runClient(client, { env, pythonBin: 'bin' in python ? python.bin : undefined });
    counts[ok ? 'passed' : 'failed'] += 1;
    console.log(ok ? `ok      ${client.name}` : `FAILED  ${client.name}: ${why}`);
  }
}

async function runInOwnWorld(): Promise<void> {
  await using world = await openWorld();
  await world.deploy('a');
  const connected = world.start(['connect', 'a', '--json']);
  const said = JSON.parse(await connected.line((line) => line.includes('"baseUrl"'))) as Record<string, string>;
  const { baseUrl, apiKey, servedModel } = said;
  await runAll({ ...process.env, ...clientEnv({ baseUrl: baseUrl!, apiKey: apiKey!, model: servedModel! }) });
  connected.signal('SIGTERM');
  await connected.ended;
}

if (process.argv[2] === 'prepare') {
  const python = await findPythonEnvironment();
  console.log('bin' in python ? python.bin : python.missing);
} else {
  if (process.env['OPENAI_BASE_URL']) await runAll(process.env);
  else await runInOwnWorld();
  console.log(`Tests  ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  process.exitCode = counts.failed === 0 ? 0 : 1;
}
