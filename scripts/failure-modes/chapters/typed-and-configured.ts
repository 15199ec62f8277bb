import { type FailureChapter, mode, scenario } from '../failure-mode.ts';

const input = 'tests/scenarios/bad-input.test.ts';
const care = 'tests/scenarios/care-deploy.test.ts';

export const typedAndConfiguredChapter: FailureChapter = {
  title: 'What is typed and configured',
  modes: [
    mode('unknown model or preset', 'the nearest name, and what a model is named by', [
      input,
      'preset is answered with the nearest name',
    ]),
    mode('cluster not configured', 'the nearest, and those there are', [
      input,
      'cluster is answered with the nearest name',
    ]),
    mode('unknown deployment', 'exit 3 and the nearest name', [
      input,
      '%s of an unknown name is answered with the nearest',
    ]),
    mode('configuration with a typo', 'the setting, and the one it may mean', [
      input,
      'with a typo names the key and the nearest one',
    ]),
    mode('configuration with a wrong type', 'the setting and what it takes', [
      input,
      'with a wrong type names the key',
    ]),
    mode('contradicting fields', 'the setting and the consequence', [
      input,
      'that contradicts itself names the consequence',
    ]),
    mode('BOM, CRLF', 'nothing: it is read', [input, 'with a BOM and CRLF is read like any other']),
    mode(
      'not YAML',
      'the line',
      [input, 'that is not YAML shows the line'],
      [input, 'with a key twice shows the line'],
    ),
    mode('unreadable configuration', 'why, and the cure', [
      input,
      'that is a folder, or that may not be read, is said to be',
    ]),
    mode('world-readable secret', 'refused, with the chmod', [
      input,
      'a profile that others may read is refused, with the cure',
    ]),
    mode('name with odd characters', 'refused before anything is done', [
      input,
      'name with odd characters is refused before anything is done',
    ]),
    mode('two deploys of the same name at once', 'one wins; the other says so and leaves nothing', [
      care,
      'of one name twice at once: one wins, the other says so and leaves nothing',
    ]),
    mode('local port taken', 'the port, and that another can be had', [
      input,
      'a local port that is taken is named, and what to do',
    ]),
    mode('stdout closed early (`| head`)', 'nothing; it ends 0', [
      'packages/cli/src/main.test.ts',
      'ends 0 when its reader has had enough',
    ]),
    mode(
      'Ctrl-C in each phase of `deploy`',
      'what is left, and how to come back; a second one leaves at once',
      [care, 'before anything is recorded leaves nothing, and says so'],
      [care, 'while sbatch answers waits for the answer, names the job and how to come back'],
      [care, 'twice leaves at once; stop finds by its name the job whose id is unknown'],
      [scenario('job/main-job'), 'Ctrl-C while a deploy follows leaves the job running and says how to come back'],
    ),
  ],
};
