import { type FailureChapter, mode, scenario } from '../failure-mode.ts';

const sdk = (name: string) => `packages/client/src/${name}.test.ts`;
const control = (name: string) => `apps/control/src/faults/${name}.test.ts`;

export const controlChapter: FailureChapter = {
  title: 'Control',
  modes: [
    mode(
      'connection to it cut after any number of bytes',
      'a whole answer, or `control_unreachable`, after which another try can succeed',
      [sdk('control/cut-control'), 'of a call to control leaves a whole answer or the one error'],
      [sdk('control/cut-control'), 'of a watch leaves its first messages, each once, and the one error'],
    ),
    mode(
      'killed -9 while 20 agents report',
      'nothing acknowledged is lost; all come back to one control',
      [
        control('killed'),
        'Control that is killed while 20 agents report loses nothing it acknowledged, and all come back to one control',
      ],
      [scenario('job/faults'), 'control killed and back while a stream runs (the stream goes on)'],
    ),
    mode('its disk full', 'refused with why; reading goes on', [
      control('disk-full'),
      'refuses changes and says why, goes on answering, and recovers when there is room',
    ]),
    mode('its file corrupted', 'refuses to start, says what to do, never begins empty over it', [
      control('database'),
      'is damaged does not start, never begins empty over it, and says what to do, to the gate too',
    ]),
    mode('an older schema', 'migrated, the old one kept', [
      control('database'),
      'is of an older schema migrates it and keeps the old one beside it',
    ]),
    mode('a newer schema', 'refused, with what to do', [
      control('database'),
      'is of a newer schema refuses it, leaves it as it is, and says what to do',
    ]),
    mode(
      'a stale agent of a former generation comes back',
      'fenced',
      [control('enrolment'), 'of a former generation that comes back is fenced, and its sockets stay unused'],
      [scenario('job/outages'), 'lost instance whose name was deployed again: it ends itself when it comes back'],
    ),
    mode('a forged enrolment token', 'refused; the history says so', [
      control('enrolment'),
      'with a forged enrolment token is refused, and the history says so once',
    ]),
    mode('a stolen enrolment token', 'refused as another instance, and beside the one that runs', [
      control('enrolment'),
      'with a stolen token of a running instance is refused beside the one that runs',
    ]),
    mode(
      'clock of the cluster 10 minutes off',
      'leases hold; times are set right',
      [
        scenario('bastion/bastion-faults'),
        'a cluster whose clock is ten minutes ahead: it serves, its deadline is shown in real time, and status says why times differ',
      ],
      [control('enrolment'), 'keeps its lease, and its times are set right'],
    ),
  ],
};
