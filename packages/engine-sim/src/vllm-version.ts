// The version of vLLM that the simulator imitates. All recordings in golden/ are from this release.

export const vllmVersion = '0.32.0';

/** `system_fingerprint` of every answer. */
export const systemFingerprint = 'vllm-0.32.0-78a6fd2a';
