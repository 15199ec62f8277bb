import { type FailureChapter, mode } from '../failure-mode.ts';

const gateway = (name: string) => `apps/gateway/src/${name}.test.ts`;
const relay = gateway('relay/relay');
const strangers = gateway('relay/strangers');

export const gatewayChapter: FailureChapter = {
  title: 'A gateway for a team',
  modes: [
    mode(
      'an instance that cannot be reached, hangs up or answers 503 before its answer has begun',
      'another instance answers; the member sees nothing of it',
      [relay, 'and %s is left for another: the client sees nothing of it'],
    ),
    mode(
      'all instances of a model gone',
      '502 that says what happened, or 503 that says what the model waits for',
      [relay, 'and is the only one is explained'],
      [relay, 'with 503 and when to come back while its model is not up'],
    ),
    mode(
      'an instance that dies in the middle of an answer',
      'an error event and a broken connection, never a clean end',
      [relay, 'in the middle of an answer ends it with an error event, and no client can take it for complete'],
    ),
    mode('an instance that dies under 50 streams', 'each goes on elsewhere or says why it ended', [
      relay,
      'Fifty streams on an instance that dies end with an error event or go on elsewhere: none is unexplained',
    ]),
    mode(
      'the channel to an instance lost, its tunnel replaced or away for seconds',
      'answers that have begun go on over the next channel; a request without an answer goes elsewhere at once where another instance serves',
      [gateway('routing/instance-ways'), 'A lost channel ends no stream, and is told once'],
      [gateway('routing/instance-ways'), 'A tunnel that comes back later has the streams of before'],
      [
        gateway('relay/over-mux'),
        'A request without an answer goes elsewhere when its instance is lost, and does not wait for it',
      ],
    ),
    mode('an instance that fails again and again', 'it gets no requests for a while, then one to try it', [
      relay,
      'is given no more requests once its breaker is open, while another one is there',
    ]),
    mode('requests that are wrong themselves', "the engine's own answer; the instance is not blamed", [
      relay,
      'with an answer of its own passes byte for byte, and 4xx never count against it',
    ]),
    mode('a member who leaves before or within an answer', 'the engine is free within 100 ms', [
      relay,
      '%s frees the instance within 100 ms',
    ]),
    mode('a member who does not read', 'the engine waits; the gateway holds little', [
      relay,
      'whose client does not read stops its instance, and costs little memory',
    ]),
    mode('an answer that stops in the middle', 'it is ended when its time is over', [
      relay,
      'that stops in the middle is ended when its time is over',
    ]),
    mode('a key revoked under a running stream', 'the stream ends within a second and says why', [
      relay,
      'of a key that is revoked ends within a second, with the reason',
    ]),
    mode('a key with a typo', '401 that says so, not that it is unknown', [
      gateway('accounts/api-key'),
      'with any one character changed, or a character more or less, is told as mistyped',
    ]),
    mode(
      'a publisher offers the socket of another account, or a link to one',
      'it is refused; both sides are told why',
      [gateway('sources/publishing'), 'with the socket of another account is refused'],
    ),
    mode('a publisher exchanges its socket after it was checked', 'nothing is reached', [
      gateway('sources/publishing'),
      'by exchanging the socket later reaches nothing',
    ]),
    mode("a publisher offers another owner's model", "it is asked for with the publisher's name before it", [
      gateway('sources/publishing'),
      'with the name of a model that another publishes gets it with its own name before it',
    ]),
    mode('the control of a publisher is dead', 'requests go on', [
      'tests/scenarios/publish.test.ts',
      'is served on while the control of its owner is dead, and offered anew when it is back',
    ]),
    mode('a gateway is away from a publisher for a minute', 'it has no more access to the sockets until it is back', [
      'apps/control/src/publish/gateway-link.test.ts',
      'takes the sockets back when the gateway is away for a minute, and opens them again when it is back',
    ]),
    mode('an upstream does not know the key of the gateway', '502, which says so', [
      gateway('sources/upstreams'),
      'that does not know the key of the gateway is named as the cause, and the member keeps theirs',
    ]),
    mode('1,000 requests at once on one budget', 'it is never spent twice', [
      gateway('limits/ledger'),
      'of 1,000 requests at once is never spent twice',
    ]),
    mode(
      'a body that names the model twice, at its end, or escaped',
      'refused, or understood as the engine does',
      ['packages/openai-wire/src/body/scan-members.test.ts', 'of %s are refused'],
      ['packages/openai-wire/src/body/scan-members.test.ts', 'of %s are found'],
    ),
    mode('a stream cut within an event or a character', 'whole events alone reach the member', [
      gateway('relay/event-passage'),
      'goes out in whole events: what is cut within one never reaches the client',
    ]),
    mode(
      'the database full or locked',
      'requests go on; usage waits and is written later',
      [gateway('usage/usage-recorder'), 'Usage that cannot be written waits, is told once, and is written later'],
      [gateway('accounts/follow-accounts'), 'Keys stay as they were while the store cannot be read'],
    ),
    mode('a database of a newer gateway', 'refused, and left as it is', [
      gateway('store/gateway-store'),
      'of a newer gateway is left as it is',
    ]),
    mode(
      'a proxy in front that buffers, or keeps requests of clients that have left',
      'the files for nginx and Caddy do neither',
      [
        gateway('relay/behind-a-proxy'),
        'each event of a stream arrives as it comes, and a client that leaves frees the instance',
      ],
    ),
    mode('a form that two parsers could read differently', 'refused', [
      gateway('relay/read-form'),
      '%j is refused: %s',
    ]),
    mode('a gateway killed under load', 'no token of an answer that a client got whole is forgotten', [
      'tests/scenarios/gateway.test.ts',
      'A gateway that is killed under load has forgotten no token of an answer that a client got whole',
    ]),
    mode(
      'an engine whose answer is no HTTP',
      'the next instance, or 502; what a client could not read never reaches it',
      [gateway('relay/answer-head'), '%.40s is not believed'],
      ['tests/fuzz/fuzz.test.ts', 'is refused by %s, which goes on'],
    ),
    mode(
      'a restart of the gateway, as for an update',
      'no stream is dropped and no request refused; the budgets know what the last process used',
      [
        'tests/scenarios/gateway.test.ts',
        'A gateway whose process is replaced drops no stream and refuses no request, and its budgets know what the last one used',
      ],
      [
        gateway('relay/drained'),
        'A request on a kept connection is answered by the process that drains, and told that it is the last one there',
      ],
      [gateway('hand-over/succession'), 'Who asks for another process is told %s'],
    ),
    mode(
      'a process killed while it drains',
      'what it had settled is in a journal of its own, which the next one reads',
      [gateway('store/left-journals'), 'A journal that is put aside is written on, and read by the next process'],
    ),
    mode('a restart in the middle of a day or month', 'what was used before still counts', [
      gateway('limits/ledger'),
      'knows what was used before this process began',
    ]),
    mode('a clock that is set back', 'budgets do not begin anew', [
      gateway('limits/ledger'),
      'is not begun anew by a clock that is set back',
    ]),
    mode(
      'a request that would take a limit of its answer for no number',
      'refused: an engine may read a number out of it',
      [gateway('relay/read-wish'), '%s becomes %s'],
    ),
    mode('a member who sends ten times what the others send', 'all teams get equal shares', [
      gateway('admission/fair-queue'),
      'gives equal shares where %s',
    ]),
    mode('a member who asks now and then while others flood', 'they wait for little more than one request', [
      gateway('admission/fair-queue'),
      'lets a member who asks now and then wait for little more than one request, whatever the others send',
    ]),
    mode('a queue that is full, or a turn that does not come', '503 or 429, with when to come back', [
      gateway('relay/queued'),
      'A queue that is full, or a turn that does not come in time, is 503 with when to come back',
    ]),
    mode('a member who leaves the queue', 'no slot is taken, and the tokens come back', [
      gateway('relay/queued'),
      'A client that leaves the queue takes no slot, and its tokens come back',
    ]),
    mode('thousands of requests in one packet, from a stranger', 'each is answered; the gateway goes on', [
      strangers,
      'who sends thousands of requests in one piece gets an answer to each',
    ]),
    mode('a client that asks and never reads', 'it is read no more', [
      strangers,
      'who asks and does not read is read no more, and is answered when they read',
    ]),
    mode('heads that never end, on all connections', 'members are served; the oldest such connection gives way', [
      strangers,
      'cannot shut out a member by heads that never end',
    ]),
    mode('thousands of idle connections', 'members are served', [
      strangers,
      'with 3,000 idle connections slows no member',
    ]),
    mode('garbage in place of a head', '400, and the gateway goes on', [
      strangers,
      'with a head that is garbage is refused, and the gateway goes on',
    ]),
    mode(
      'a line of `fairlead join` that is used twice, old, lost or mistyped',
      'each is told apart; one key comes of it',
      [
        gateway('accounts/account-server'),
        'A line that is unknown, mistyped, expired or replaced is told from the others',
      ],
    ),
    mode('an invitation redeemed by many at once', 'one gets a key', [
      gateway('accounts/account-server'),
      'Of 20 who redeem one invitation at a time, one gets a key',
    ]),
    mode('a member who makes a key for more than theirs, or multiplies a budget', 'refused, with what exceeds it', [
      gateway('accounts/own-keys'),
      'gives no key of %s',
    ]),
    mode("another user of a member's machine at the port of `connect`", '401; the gateway is not asked', [
      'packages/client/src/gateway/connect-gateway.test.ts',
      'The local port wants its own key, and the gateway sees that of the member',
    ]),
    mode('a login page or a proxy in place of the gateway', 'said, with what came', [
      'packages/client/src/gateway/connect-gateway.test.ts',
      '%s in place of a gateway is told',
    ]),
    mode('guessed invitations', '429 for the address they come from', [
      gateway('accounts/account-server'),
      'Who guesses invitations is slowed',
    ]),
    mode('guessed keys', '429 for the address they come from, told in the log once; good keys pass', [
      strangers,
      'who guesses keys is slowed by their address, told once, and no member is held up',
    ]),
    mode('a key in the URL', '401 that says where it belongs', [
      strangers,
      'who puts the key into the URL is told that it does not belong there',
    ]),
    mode('two credentials that differ', '400 that names what sends them', [
      strangers,
      'with two credentials that differ is refused, with two that are equal is served',
    ]),
    mode('a base URL with a slip', '404 that says what it should be', [
      strangers,
      'with a slip in the base URL (%s) is told, and no instance is asked',
    ]),
    mode('a connection that is reset, in any phase', 'the engine is free, nothing stays', [
      strangers,
      'whose connection is reset %s leaves nothing behind',
    ]),
    mode('a body in a million chunks', 'it takes little more memory than its bytes', [
      gateway('relay/request-body'),
      'A body of a million chunks of one byte costs little more than its bytes',
    ]),
    mode('bodies that would fill the memory', '429 until there is room; a member takes half of it at most', [
      strangers,
      'whose bodies would fill the memory is refused, until there is room again',
    ]),
    mode('two gateways on one state directory', 'the second is refused, and told who serves', [
      gateway('store/claim-serving'),
      'A state directory has one claim at a time, and the refusal names who has it',
    ]),
    mode(
      'a process of the gateway that is stopped (SIGSTOP) while another one is to take its place',
      'the other one gives up and says so; the first one serves on when it is continued',
      [
        gateway('hand-over/succession'),
        'A process that is stopped does not keep its successor, or who asks for its state, waiting for ever',
      ],
      [gateway('hand-over/succession'), 'A process that was stopped does not hand over to one that has given up'],
    ),
    mode('`gateway restart` on a full disk', 'the process that serves goes on, and the command says why', [
      gateway('hand-over/succession'),
      'A process on a full disk serves on: its successor could not be opened',
    ]),
    mode('a state directory in which another account could replace the database', 'the gateway refuses it', [
      gateway('store/claim-serving'),
      'A state directory in which another account could replace the keys of members is refused',
    ]),
    mode(
      'another account of the host that opens connections to the socket for publishers and says nothing',
      'the oldest of them give way; publishers connect as before',
      [gateway('sources/publishing'), 'Connections that show no token do not shut out publishers'],
    ),
    mode('an upstream that takes connections and never lists its models', 'it is asked again after 30 s', [
      gateway('sources/upstreams'),
      'that does not answer what it lists is asked again',
    ]),
  ],
};
