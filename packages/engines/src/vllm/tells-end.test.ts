import { expect, it } from 'vitest';
import { tellsEnd } from './tells-end.ts';

it.each([
  '(EngineCore pid=24731) ERROR 11-21 02:00:09 [multiproc_executor.py:315] Worker proc VllmWorker-0 died unexpectedly (exit code: -9), shutting down executor.',
  '(MainProcess pid=12) ERROR 11-21 02:00:09 [multiproc_executor.py:315] Worker proc VllmWorker-1 died unexpectedly (exit code: None), shutting down executor.',
  '(APIServer pid=23487) WARNING 11-21 01:58:52 [core_client.py:817] [shutdown] MPClient: engine core exited unexpectedly; starting cleanup',
  '(EngineCore pid=7) ERROR 11-21 02:00:36 [core.py:1512] EngineCore encountered a fatal error.',
])('the end that vLLM is about to come to is read from its line: %s', (line) => {
  expect(tellsEnd(line)).toBe(true);
});

it.each([
  '(APIServer pid=5) INFO 11-21 02:00:22 [logger.py:1] prompt: ERROR 11-21 02:00:36 [core.py:1512] EngineCore encountered a fatal error.',
  '(APIServer pid=5) ERROR 11-21 02:00:22 [serving.py:1] ValueError: EngineCore encountered a fatal error.',
  '(EngineCore pid=2) ERROR 11-21 02:00:36 [core.py:1100] EngineCore failed to start.',
])('a line that only resembles one is none: %s', (line) => {
  expect(tellsEnd(line)).toBe(false);
});
