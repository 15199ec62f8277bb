import { type FieldReport, places } from '../failure-mode.ts';

const gateway = (name: string) => `apps/gateway/src/${name}.test.ts`;
const relay = gateway('relay/relay');
const modes = gateway('relay/field-modes');

export const gatewayReports: readonly FieldReport[] = [
  {
    id: 'Q01',
    threads: ['Portkey-AI/gateway#1797', 'maximhq/bifrost#5546'],
    what: 'an instance is lost in the middle of a stream',
    seen: 'an error event and a broken connection, no `[DONE]`',
    tests: places([
      relay,
      'in the middle of an answer ends it with an error event, and no client can take it for complete',
    ]),
  },
  {
    id: 'Q02',
    threads: ['tensorzero/tensorzero#6328', 'maximhq/bifrost#7199'],
    what: 'a stream stops and its connection stays open',
    seen: 'it is ended when the time between two pieces is over',
    tests: places([relay, 'that stops in the middle is ended when its time is over']),
  },
  {
    id: 'Q03',
    threads: ['BerriAI/litellm#40404'],
    what: 'an engine sends an error within an answer of 200',
    seen: 'the error reaches the client; the request counts as failed',
    tests: places([
      modes,
      'An error that an engine sends within an answer of 200 reaches the client, and is no success',
    ]),
  },
  {
    id: 'Q04',
    threads: ['mnfst/llm-gateway#1656'],
    what: 'an instance answers 200 and hangs up before its first event',
    seen: 'another instance answers: nothing has gone to the client',
    tests: places([relay, 'and %s is left for another: the client sees nothing of it']),
  },
  {
    id: 'Q06',
    threads: ['vllm-project/production-stack#634', 'BerriAI/litellm#37140'],
    what: 'a client leaves before the first byte, or while its instance is dialled',
    seen: 'the engine is free within 100 ms',
    tests: places(
      [relay, '%s frees the instance within 100 ms'],
      [relay, 'while its instance is dialled ends the dial within 100 ms'],
    ),
  },
  {
    id: 'Q07',
    threads: ['kortix-ai/suna#4821'],
    what: 'clients that leave, counted as failures of an instance',
    seen: 'they are counted as clients that left; the instance stays in use',
    tests: places(
      [gateway('routing/breaker'), 'never opens for what clients do'],
      [relay, '%s frees the instance within 100 ms'],
    ),
  },
  {
    id: 'Q08',
    threads: ['sgl-project/sglang#25811'],
    what: 'clients send requests that are wrong, or leave',
    seen: 'no instance is left out for it',
    tests: places(
      [relay, 'with an answer of its own passes byte for byte, and 4xx never count against it'],
      [gateway('routing/breaker'), 'never opens for what clients do'],
    ),
  },
  {
    id: 'Q09',
    threads: ['BerriAI/litellm#3646'],
    what: 'all instances have failed again and again',
    seen: 'requests still go to them',
    tests: places([modes, 'Where all instances have failed again and again, requests still go to them']),
  },
  {
    id: 'Q10',
    threads: ['BerriAI/litellm#25504'],
    what: 'an instance is left out and its owner does not see why',
    seen: '`fairlead gateway status` and the metrics say that it is, and the reason',
    tests: places(
      [gateway('operator/operator-server'), 'Metrics count what is over and read what is'],
      ['tests/scenarios/gateway.test.ts', 'A gateway tells its operator what it does, and what is left of the limits'],
    ),
  },
  {
    id: 'Q11',
    threads: ['Portkey-AI/gateway#1404'],
    what: 'an outage, in which each request is sent again and again',
    seen: 'three tries at the most, out of a budget of a tenth of all requests',
    tests: places([
      gateway('relay/strangers'),
      'A request takes from the budget of retries what it is tried again, and no more',
    ]),
  },
  {
    id: 'Q12',
    threads: ['sgl-project/sglang#9484'],
    what: 'counts of what is in flight, after requests that ended early',
    seen: 'each is given back once',
    tests: places(
      [gateway('relay/strangers'), 'whose connection is reset %s leaves nothing behind'],
      [gateway('relay/queued'), 'A client that leaves the queue takes no slot, and its tokens come back'],
    ),
  },
  {
    id: 'Q18',
    threads: ['kortix-ai/suna#6473'],
    what: 'a first token that takes minutes',
    seen: 'it is waited for, by a limit of its own',
    tests: places([modes, 'A first token that takes long is waited for, longer than a pause within an answer']),
  },
  {
    id: 'Q21',
    threads: ['BerriAI/litellm#40095', 'BerriAI/litellm#26672'],
    what: 'a thousand requests at once on one budget',
    seen: 'it is never spent twice',
    tests: places([gateway('limits/ledger'), 'of 1,000 requests at once is never spent twice']),
  },
  {
    id: 'Q22',
    threads: ['BerriAI/litellm#14457', 'BerriAI/litellm#35958'],
    what: 'usage of requests that were cut, and of a gateway that was killed',
    seen: 'what had come is counted; no settled token is lost',
    tests: places(
      [gateway('relay/event-passage'), 'that was cut is counted by its events, and one without any costs nothing'],
      [
        'tests/scenarios/gateway.test.ts',
        'A gateway that is killed under load has forgotten no token of an answer that a client got whole',
      ],
    ),
  },
  {
    id: 'Q23',
    threads: ['BerriAI/litellm#38193'],
    what: 'clients that do not read',
    seen: 'the instance waits; the gateway holds little',
    tests: places(
      [relay, 'whose client does not read stops its instance, and costs little memory'],
      [gateway('relay/strangers'), 'who asks and does not read is read no more, and is answered when they read'],
    ),
  },
  {
    id: 'Q24',
    threads: ['tensorzero/tensorzero#461'],
    what: 'a database that is locked, full or away',
    seen: 'requests go on with what is known; usage is written later',
    tests: places(
      [gateway('usage/usage-recorder'), 'Usage that cannot be written waits, is told once, and is written later'],
      [gateway('accounts/follow-accounts'), 'Keys stay as they were while the store cannot be read'],
    ),
  },
  {
    id: 'Q25',
    threads: ['maximhq/bifrost#6802'],
    what: 'streams that their clients have left, and that still hold a slot',
    seen: 'the slot is free within 100 ms, for one that waits too',
    tests: places(
      [relay, '%s frees the instance within 100 ms'],
      [gateway('relay/queued'), 'A client that leaves the queue takes no slot, and its tokens come back'],
    ),
  },
  {
    id: 'Q26',
    threads: ['envoyproxy/ai-gateway#828'],
    what: 'a body of megabytes, through a proxy',
    seen: 'it passes up to 32 MB; beyond that 413 with the limit',
    tests: places([gateway('relay/behind-a-proxy'), 'a member is answered by HTTPS, also with a body of megabytes']),
  },
  {
    id: 'Q27',
    threads: ['kortix-ai/suna#3696'],
    what: 'something of the gateway within an event of the engine',
    seen: 'whole events alone reach the client',
    tests: places([
      gateway('relay/event-passage'),
      'goes out in whole events: what is cut within one never reaches the client',
    ]),
  },
];
