// The vLLM that is imitated: every recorded shape in golden/ is this release's.

export const vllmVersion = '0.32.0';

/** `system_fingerprint` of every answer. */
export const systemFingerprint = 'vllm-0.32.0-78a6fd2a';
