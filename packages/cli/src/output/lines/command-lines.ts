// Which lines each command prints with --json, in the order in which they come. For docs/cli.md.

import type { LineName } from './json-line.ts';

/** Of a command that needs the bastion: at the first use on a machine, and when the routes of the configuration have changed. */
const preparing: readonly LineName[] = [
  'profile.rerouted',
  'bastion.preparing',
  'bastion.reached',
  'control.uploaded',
  'control.running',
];
const onTheWay: readonly LineName[] = [...preparing, 'route.taken'];

export const commandLines: Readonly<Record<string, readonly LineName[]>> = {
  deploy: [
    ...onTheWay,
    'deployment.planned',
    'deployment.sized',
    'job-key.made',
    'agent.uploaded',
    'deployment.submitted',
    'instance.changed',
    'queue.back',
    'deployment.interrupted',
    'deployment.left',
    'deployment.ready',
  ],
  list: [...onTheWay, 'deployments'],
  status: [...onTheWay, 'deployment'],
  logs: [...onTheWay, 'log', 'logs.ended'],
  connect: [
    ...onTheWay,
    'connected',
    'endpoint.down',
    'endpoint.up',
    'control.lost',
    'control.back',
    'connection.ended',
  ],
  stop: [...onTheWay, 'deployment.stopping', 'job.found', 'job.cancelled', 'deployment.stopped'],
  config: ['config'],
  'config schema': ['config.schema'],
  'config trust': ['config.trusted'],
  'config untrust': ['config.untrusted'],
  demo: ['demo.started', 'step', 'demo.kept', 'demo.done'],
  init: [
    'driver.chosen',
    'site.found',
    'site.unknown',
    'bastion.reached',
    'control.uploaded',
    'control.running',
    'cluster.reached',
    'routes.found',
    'config.written',
    'initialised',
  ],
  doctor: ['check', 'doctor.done'],
  chat: [...preparing, 'chunk', 'answer'],
  exec: preparing,
  events: [...onTheWay, 'event', 'control.lost', 'control.back', 'events.ended'],
  open: [...onTheWay, 'examples'],
  explain: ['log.explained'],
  why: [...onTheWay, 'deployment.explained'],
  models: ['models', 'model'],
  plan: ['plan'],
  prefetch: ['prefetch.planned', 'prefetch.progress', 'prefetch.checking', 'prefetched'],
  version: ['versions'],
  completions: ['completions'],
  man: ['man'],
  upgrade: [...onTheWay, 'control.replaced', 'upgrade.planned', 'upgraded'],
  uninstall: ['deployment.stopping', 'job.cancelled', 'uninstall.incomplete', 'uninstall.planned', 'uninstalled'],
};
