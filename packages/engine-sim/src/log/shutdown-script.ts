// The log lines of a shutdown (golden/log and measured.md, Signals and exit codes).

import { api, core, err, type LogLine, record } from './log-line.ts';

const warn = (source: string, text: string): LogLine => record('APIServer', 'WARNING', source, text);

/** The lines from the signal until the engine is told to end; `drainS` 0: without a wait for requests. */
export function shutdownBegun(drainS: number, inFlight: number): LogLine[] {
  const mode = drainS > 0 ? 'drain' : 'abort';
  return [
    api('launcher.py:254', '[shutdown] API server: shutdown triggered'),
    api('launcher.py:270', `[shutdown] API server: stopping engine client mode=${mode} timeout=${drainS}s`),
    api('core_client.py:770', `[shutdown] MPClient: start timeout=${drainS}s`),
    api('core_client.py:772', '[shutdown] MPClient: stopping engine manager'),
    api('utils.py:628', '[shutdown] Process manager: send sigterm to process EngineCore'),
    core('core.py:1454', '[shutdown] EngineCore: trigger received signal=SIGTERM'),
    core('core.py:1635', `[shutdown] EngineCore: start mode=${mode} timeout=${drainS}s`),
    ...inFlightLine(drainS, inFlight),
  ];
}

function inFlightLine(drainS: number, inFlight: number): LogLine[] {
  if (inFlight === 0) return [];
  if (drainS === 0)
    return [core('core.py:1644', `[shutdown] EngineCore: aborting in-flight requests count=${inFlight}`)];
  return [
    core('core.py:1655', `[shutdown] EngineCore: draining in-flight requests count=${inFlight} timeout=${drainS}s`),
  ];
}

/** The end of the engine: after its last request, at once without requests, or while it had requests. */
export type ShutdownKind = 'drained' | 'idle' | 'killed';

/** The lines from the engine's end until uvicorn checks its connections. */
export function engineStopped(how: ShutdownKind): LogLine[] {
  const killed = [
    warn('utils.py:648', '[shutdown] Process manager: force killing remaining processes count=1'),
    warn('utils.py:653', '[shutdown] Process manager: force killing remaining process EngineCore pid {pid+1}'),
    warn('system_utils.py:225', '[shutdown] force killing sub process VLLM::Worker pid {pid+2}'),
  ];
  const finished = [
    core('core.py:1666', '[shutdown] EngineCore: request processing complete; starting resource teardown'),
    core('core.py:1499', '[shutdown] EngineCore: exiting busy loop'),
  ];
  return [
    ...(how === 'drained' ? [] : killed),
    ...(how === 'killed' ? [] : finished),
    api('core_client.py:774', '[shutdown] MPClient: engine manager stopped'),
    api('core_client.py:775', '[shutdown] MPClient: cleaning up background resources'),
    api('core_client.py:777', '[shutdown] MPClient: complete'),
    api('launcher.py:279', '[shutdown] API server: engine client stopped'),
    api('launcher.py:282', '[shutdown] API server: signalling HTTP server shutdown'),
    api('launcher.py:304', '[shutdown] API server: shutting down FastAPI HTTP server'),
    err('INFO:     Shutting down'),
  ];
}

export const waitingForConnections = err('INFO:     Waiting for connections to close. (CTRL+C to force quit)');

/** The last lines of every end by uvicorn. */
export const serverFinished: readonly LogLine[] = [
  err('INFO:     Waiting for application shutdown.'),
  err('INFO:     Application shutdown complete.'),
];

/** The lines when EngineCore ends unexpectedly. */
export const engineDied: readonly LogLine[] = [
  record(
    'APIServer',
    'WARNING',
    'core_client.py:817',
    '[shutdown] MPClient: engine core exited unexpectedly; starting cleanup',
  ),
  api('core_client.py:770', '[shutdown] MPClient: start timeout=default'),
  api('core_client.py:772', '[shutdown] MPClient: stopping engine manager'),
  api('core_client.py:774', '[shutdown] MPClient: engine manager stopped'),
  api('core_client.py:775', '[shutdown] MPClient: cleaning up background resources'),
  api('core_client.py:777', '[shutdown] MPClient: complete'),
  record(
    'APIServer',
    'ERROR',
    'async_llm.py:906',
    [
      'AsyncLLM output_handler failed.',
      'Traceback (most recent call last):',
      '  File "/opt/venv/lib/python3.11/site-packages/vllm/v1/engine/async_llm.py", line 849, in output_handler',
      '    outputs = await engine_core.get_output_async()',
      'vllm.v1.engine.exceptions.EngineDeadError: EngineCore encountered an issue. See stack trace (above) for the root cause.',
    ].join('\n'),
  ),
  err('INFO:     Shutting down'),
];

/** The lines for a SIGTERM between the banner and the start of the engine. */
export const interrupted: readonly LogLine[] = [
  err(
    [
      'Traceback (most recent call last):',
      '  File "/opt/venv/bin/vllm", line 10, in <module>',
      '    sys.exit(main())',
      '  File "/opt/venv/lib/python3.11/site-packages/vllm/entrypoints/launchers/api_server/entry.py", line 172, in _interrupt_init',
      '    raise KeyboardInterrupt("terminated")',
      'KeyboardInterrupt: terminated',
    ].join('\n'),
  ),
];
