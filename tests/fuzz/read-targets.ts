// Every parser of input from peers and users: it returns, or throws a coded error of ours, within a time limit.

import { CodedError } from '@fairlead/kit';
import * as slurm from '@fairlead/scheduler';
import { editAuthorizedKeys, parseHostKeyLine } from '@fairlead/ssh';

import { checkConfig, parseSetting, parseYamlObject } from '@fairlead/config';
import { engineKinds, parseMetrics } from '@fairlead/engines';
import { classifyFailure } from '@fairlead/engines/failures';
import { parseFacts } from '@fairlead/launch/testing';
import { parseJumpHosts, parseKnownHosts } from '@fairlead/ssh/testing';
import { messageReaders } from './message-readers.ts';
import type { FuzzTarget, Reader } from './fuzz-target.ts';
import * as samples from './samples.ts';

/** Far above the time of any parser on a busy machine; a pattern that backtracks takes seconds. */
const timeoutMs = 2_000;

const textReaders: readonly Reader[] = [
  { name: 'squeue', samples: samples.squeue, read: (text) => slurm.parseSqueue(text) },
  { name: 'sacct', samples: samples.sacct, read: (text) => slurm.parseSacct(text) },
  { name: 'scontrol', samples: samples.scontrolJob, read: (text) => slurm.parseScontrolShowJob(text) },
  { name: 'partition rules', samples: samples.partitionRules, read: (text) => slurm.parsePartitionRules(text) },
  { name: 'slurm config', samples: samples.slurmConfig, read: (text) => slurm.parseSlurmConfig(text) },
  { name: 'sinfo', samples: samples.sinfo, read: (text) => slurm.parseSinfo(text) },
  { name: 'gres', samples: samples.gres, read: (text) => slurm.parseGres(text) },
  { name: 'associations', samples: samples.associations, read: (text) => slurm.parseAssociations(text) },
  { name: 'sbatch', samples: samples.sbatch, read: (text) => slurm.parseSbatch(text, text) },
  { name: 'test-only', samples: samples.sbatch, read: (text) => slurm.parseTestOnly(text) },
  { name: 'end time', samples: samples.times, read: (text) => slurm.parseEndTime(text) },
  { name: 'duration', samples: samples.times, read: (text) => slurm.parseSlurmDuration(text) },
  { name: 'job script', samples: samples.slurmScript, read: (text) => slurm.parseDirectives(text) },
  {
    name: 'refusal',
    samples: samples.sbatch,
    read: (text) => slurm.classifySubmitError({ code: 1, stdout: '', stderr: text }),
  },
  { name: 'known_hosts', samples: samples.knownHosts, read: (text) => parseKnownHosts(text, 'known_hosts') },
  { name: 'host key', samples: samples.knownHosts, read: (text) => parseHostKeyLine(text) },
  { name: 'ProxyJump', samples: samples.jumps, read: (text) => parseJumpHosts(text) },
  { name: 'authorized_keys', samples: samples.authorizedKeys, read: editKeysBothWays },
  { name: 'metrics', samples: samples.sampleMetrics, read: readMetrics },
  { name: 'engine log', samples: samples.engineLog, read: readEngineLog },
  { name: 'fairlead.yaml', samples: samples.config, read: (text) => checkConfig(parseYamlObject(text, 'f'), 'f') },
  { name: 'YAML', samples: samples.yaml, read: (text) => parseYamlObject(text, 'f') },
  { name: '--set', samples: samples.settings, read: (text) => parseSetting(text) },
  { name: 'host facts', samples: samples.facts, read: (text) => parseFacts(text) },
];

export const readTargets: readonly FuzzTarget[] = [...textReaders, ...messageReaders()].map(targetOf);

function targetOf(reader: Reader): FuzzTarget {
  const { name } = reader;
  const check = (text: string) => {
    const startedAt = performance.now();
    try {
      reader.read(text);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
    }
    const tookMs = performance.now() - startedAt;
    if (tookMs > timeoutMs) throw new Error(`${name} took ${Math.round(tookMs)} ms for ${text.length} characters`);
  };
  return {
    name,
    samples: reader.samples.map((text) => Buffer.from(text)),
    async open() {
      return {
        feed: (input) => check(input.toString('utf8')),
        // The parser still accepts valid input.
        prove: () => reader.samples.forEach((text) => reader.read(text)),
        async [Symbol.asyncDispose]() {},
      };
    },
  };
}

/** Both edits leave foreign lines unchanged, byte for byte. */
function editKeysBothWays(text: string): void {
  const marker = 'fuzz';
  const put = editAuthorizedKeys(text, {
    kind: 'put',
    marker,
    line: `restrict ssh-ed25519 ${samples.jobKey} fairlead:fuzz`,
  });
  const removed = editAuthorizedKeys(put.text, { kind: 'remove', marker });
  const withoutOurs = editAuthorizedKeys(text, { kind: 'remove', marker }).text;
  // An added line needs a line end before it.
  if (removed.text !== withoutOurs && removed.text !== `${withoutOurs}\n`)
    throw new Error(`authorized_keys lost something: ${JSON.stringify(removed.text)} of ${JSON.stringify(text)}`);
}

function readEngineLog(text: string): void {
  const lines = text.split('\n');
  for (const kind of engineKinds) {
    for (const line of lines) kind.parsePhase(line);
    const surroundings = { engine: kind.name, gpus: '', interfaces: [] };
    classifyFailure({ code: 1, signal: null, lines, surroundings });
  }
}

function readMetrics(text: string): void {
  for (const { metrics } of engineKinds) if (metrics) parseMetrics(text, metrics.names);
}
