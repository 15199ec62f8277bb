import { type FailureChapter, mode, scenario } from '../failure-mode.ts';

export const bastionChapter: FailureChapter = {
  title: 'The bastion',
  modes: [
    mode('it forbids unix-socket forwarding', 'that it does, and what its operator must allow', [
      scenario('bastion/bastion-faults'),
      'forwarding of sockets forbidden: the first command says so, and names the setting that the operator must allow',
    ]),
    mode('its name is a round robin of two hosts', 'both names; never a second control', [
      scenario('bastion/bastion-names'),
      'a name that leads to another host than the configured one is refused with both names, by laptops and by agents',
    ]),
    mode('a first route to it is black-holed', 'which route is used, and why', [
      scenario('bastion/routes'),
      'a first route that is black-holed at the start costs a second, for the laptop and for the agent',
    ]),
    mode('the route in use is lost under load', 'the next route, a new generation; no way back before the next loss', [
      scenario('bastion/routes'),
      'when a route is lost under 20 streams the next one is taken, and kept while it works',
    ]),
    mode('all its routes are gone', 'what each one answered; it comes back by itself', [
      scenario('bastion/routes'),
      'the loss of all routes is reported once, and the connection comes back with the first route that works again',
    ]),
    mode('one of its routes leads to another host', 'that it is refused; the others serve', [
      scenario('bastion/routes'),
      'a route that leads to another host is refused and reported by laptop, agent and init',
    ]),
    mode(
      'another process answers at the socket of an endpoint, with `endToEnd`',
      'that it is not the agent; it was sent nothing (`endpoint_untrusted`)',
      [
        'tests/scenarios/end-to-end.test.ts',
        'tells its consumer that another process answers in its place, and sends that nothing',
      ],
    ),
    mode(
      'its root reads what passes, files and memory, with `endToEnd`',
      'nothing: there is no prompt and no answer in it',
      [scenario('security/end-to-end'), 'finds nothing of either with end-to-end encryption, where it found both'],
    ),
    mode('rebooted', 'control is back with its records, the agent with its next generation', [
      scenario('bastion/bastion-faults'),
      'rebooted: control comes back with its records, the agent with its next generation, and connect goes on',
    ]),
    mode('user processes reaped at logout', 'nothing: the gate revives control', [
      scenario('bastion/bastion-faults'),
      'processes ended at logout: the next command finds control again, with all its records',
    ]),
    mode('IPv6 only', 'nothing: it serves', [
      scenario('bastion/bastion-names'),
      'a bastion with only an IPv6 address serves by its name and by its address',
    ]),
    mode('socket path too long', 'the directory, and that a shorter one will do', [
      scenario('files/paths'),
      'a home with a space, a quote and an umlaut in its path serves like any other',
    ]),
    mode('home directory with a space in its path', 'nothing: it serves', [
      scenario('files/paths'),
      'a home with a space, a quote and an umlaut in its path serves like any other',
    ]),
  ],
};
