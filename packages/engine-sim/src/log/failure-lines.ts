// The lines of a failure as vLLM prints them: the cause, wrapped once by each process that it passes.

import type { StartFailure } from './failures.ts';
import { core, err, type LogLine, record } from './log-line.ts';

/** The lines in order. The place of the failure decides which phases of the start precede them. */
export function failureLines(failure: StartFailure, model: string): LogLine[] {
  const cause = failure.cause.replaceAll('{model}', model);
  switch (failure.at) {
    case 'silent':
      return [];
    case 'bind':
      return [traceback([...bindFrames, cause])];
    case 'config':
      return [traceback([...configFrames, ...configCause(cause)])];
    case 'engine':
      return [...engineFailed(cause), ...apiFailed];
    case 'worker':
      return [...workerFailed(cause), ...engineFailed(workerWrapper), ...(failure.end === 'never' ? [] : apiFailed)];
  }
}

/** A Python error at bind that is in no catalogue; it names the address itself. */
export function bindFailureLines(cause: string): LogLine[] {
  return [traceback([...bindFrames, cause])];
}

const workerWrapper =
  'Exception: WorkerProc initialization failed due to an exception in a background process. See stack trace for root cause.';

const site = '/opt/venv/lib/python3.11/site-packages';

const mainFrames = [
  '  File "/opt/venv/bin/vllm", line 10, in <module>',
  '    sys.exit(main())',
  `  File "${site}/vllm/entrypoints/cli/main.py", line 120, in main`,
  '    args.dispatch_function(args)',
  `  File "${site}/vllm/entrypoints/cli/serve.py", line 156, in cmd`,
  '    uvloop.run(run_server(args))',
];

const bindFrames = [
  ...mainFrames,
  `  File "${site}/vllm/entrypoints/launchers/api_server/entry.py", line 176, in run_server`,
  '    listen_address, sock = setup_server(args, reuse_port=False)',
  `  File "${site}/vllm/entrypoints/launchers/launcher.py", line 348, in create_server_socket`,
  '    sock.bind(addr)',
];

const configFrames = [
  ...mainFrames,
  `  File "${site}/vllm/entrypoints/launchers/api_server/entry.py", line 83, in build_async_engine_client_from_engine_args`,
  '    vllm_config = engine_args.create_engine_config(usage_context=usage_context)',
  `  File "${site}/vllm/engine/arg_utils.py", line 1955, in create_model_config`,
  '    return ModelConfig(',
];

const engineFrames = [
  `  File "${site}/vllm/v1/engine/core.py", line 1482, in run_engine_core`,
  '    engine_core = EngineCoreProc(*args, engine_index=dp_rank, **kwargs)',
];

/** pydantic prints the message on the line below its own name, and a link to its documentation after it. */
function configCause(cause: string): string[] {
  if (!cause.startsWith('Value error, ')) return [cause];
  return [
    'pydantic_core._pydantic_core.ValidationError: 1 validation error for ModelConfig',
    `  ${cause}`,
    '    For further information visit https://errors.pydantic.dev/2.14/v/value_error',
  ];
}

function workerFailed(cause: string): LogLine[] {
  const frames = [
    `  File "${site}/vllm/v1/executor/multiproc_executor.py", line 920, in worker_main`,
    '    worker = WorkerProc(*args, **kwargs)',
  ];
  const text = ['WorkerProc failed to start.', 'Traceback (most recent call last):', ...frames, cause].join('\n');
  return [
    record('Worker', 'ERROR', 'multiproc_executor.py:953', text),
    core('multiproc_executor.py:486', '[shutdown] Executor: all workers exited gracefully'),
  ];
}

function engineFailed(cause: string): LogLine[] {
  const lines = ['Traceback (most recent call last):', ...engineFrames, cause];
  return [
    record('EngineCore', 'ERROR', 'core.py:1510', ['EngineCore failed to start.', ...lines].join('\n')),
    err(['Process EngineCore:', ...lines].join('\n')),
  ];
}

const apiFailed: readonly LogLine[] = [
  traceback([
    ...mainFrames,
    `  File "${site}/vllm/v1/engine/utils.py", line 1431, in wait_for_engine_startup`,
    '    raise RuntimeError(',
    'RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}',
  ]),
];

function traceback(lines: readonly string[]): LogLine {
  return err(['Traceback (most recent call last):', ...lines].join('\n'));
}
