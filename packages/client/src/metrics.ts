// A door for commands that read the metrics of several deployments over one session.

export { findEndpoint } from './control/find-endpoint.ts';
export { createMetricsReader, type MetricsReader } from './paths/metrics-reader.ts';
