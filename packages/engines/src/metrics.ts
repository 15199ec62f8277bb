// The door for programs that read Prometheus's text format.

export { parseSamples, type Sample } from './prometheus/parse-line.ts';
export { relabelMetrics, type Relabelled, type RelabelOptions } from './prometheus/relabel-metrics.ts';
