// Defaults of an agent for settings that its spec, and so the user's configuration, leaves out.

export const specDefaults = {
  readyLimitSeconds: 3600,
  stopLimitSeconds: 30,
  probeIntervalSeconds: 30,
  probeLimitSeconds: 30,
  probeFailures: 2,
  stallSeconds: 90,
  crashLimit: 4,
  crashWindowSeconds: 1800,
  restartBaseSeconds: 2,
  restartMaxSeconds: 60,
  /** What a drain may take. */
  drainSeconds: 120,
} as const;
