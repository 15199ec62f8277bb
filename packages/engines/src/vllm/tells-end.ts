// Lines by which vLLM says that it is about to end, some seconds before it does. Pure.

/** Recorded from vLLM 0.32.0: its own records alone, whatever a request may have it print. */
const lastWords =
  /^(?:\(\w+ pid=\d+\) )?(?:ERROR|WARNING) [\d-]+ [\d:]+ \[(?:multiproc_executor\.py:\d+\] Worker proc \S{1,60} died unexpectedly|ray_executor\w*\.py:\d+\] RayWorkerProc rank=\S{1,20} died unexpectedly|core_client\.py:\d+\] \[shutdown\] MPClient: engine core exited unexpectedly|core\.py:\d+\] EngineCore encountered a fatal error)/;

/** A process of it is gone: it ends its others, which takes up to 3 s (measured with 0.32.0), and then itself. */
export function tellsEnd(line: string): boolean {
  return lastWords.test(line);
}
