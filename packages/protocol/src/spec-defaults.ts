// Defaults of an agent for settings that its spec, and so the user's configuration, leaves out.

export const specDefaults = {
  readyLimitSeconds: 3600,
  stopLimitSeconds: 30,
  /** Where these four come from: apps/node-agent/src/health/health-times.ts. */
  probeIntervalSeconds: 15,
  probeLimitSeconds: 15,
  probeFailures: 2,
  stallSeconds: 30,
  crashLimit: 4,
  crashWindowSeconds: 1800,
  restartBaseSeconds: 2,
  restartMaxSeconds: 60,
  /** What a drain may take. */
  drainSeconds: 120,
  requestLogBytes: 64 * 1024 * 1024,
  requestContentBytes: 64 * 1024,
} as const;
