import { type FailureChapter, mode, scenario } from '../failure-mode.ts';

const explainFetch = 'packages/launch/src/weights/explain-fetch-failure.test.ts';
const setUp = 'packages/launch/src/setup/setup.test.ts';
const sizing = 'packages/launch/src/plan/size-deployment.test.ts';
const checkFlags = 'packages/launch/src/plan/check-flags.test.ts';
const planCommand = 'packages/cli/src/commands/plan.test.ts';
const judgeCache = 'packages/launch/src/weights/judge-cache.test.ts';

const notWhole =
  'weights that are not whole are refused before anything is queued: a folder with pointers, half a folder, half a download';

export const beforeAJobChapter: FailureChapter = {
  title: 'Engine and weights before a job',
  modes: [
    mode(
      'unknown, gated or private model; a token without the licence',
      'which of these, the page of the model, and how a token is given',
      [explainFetch, 'an unknown model'],
      [explainFetch, 'a gated model without a token'],
      [explainFetch, 'a token without the licence'],
      [explainFetch, 'a wrong token'],
    ),
    mode('no internet on the host that downloads', 'that, and `transfer`, a proxy or a mirror', [
      explainFetch,
      'no internet',
    ]),
    mode(
      'disk or quota full while downloading',
      'what is free and what is needed; what is whole stays',
      [explainFetch, 'too little room'],
      [explainFetch, 'a full disk'],
      [explainFetch, 'a full quota'],
      [
        scenario('real-vllm/prefetch'),
        'a disk that fills up during the download ends it with one message; no part of a file stays, and what is whole is not fetched again',
      ],
    ),
    mode('a model too big for every partition', 'refused before queueing, with the smallest change that would do', [
      scenario('engine/sized'),
      'a model that no partition holds is refused before anything is queued, with the smallest change; the change does',
    ]),
    mode(
      "a tensor-parallel size that the model's heads forbid, or that does not fit the number of GPUs",
      'refused before queueing, with the numbers',
      [sizing, 'plans with the split that the settings say, and refuses one that the heads of the model forbid'],
    ),
    mode(
      'a flag that the vLLM of a container image lacks',
      'refused before queueing, where the login host sees the image and runs it',
      [checkFlags, 'of an engine in a container are read in its image, once for each image'],
    ),
    mode(
      'a folder without all of its weights is planned',
      'which files are missing; the plan goes by its config.json',
      [
        planCommand,
        'A folder without weights is planned by its config.json, with a warning that it cannot be deployed',
      ],
    ),
    mode(
      'half a download, for nodes without internet',
      'refused before queueing, with the `fairlead prefetch` that goes on with it',
      [judgeCache, 'an index that names more'],
      [judgeCache, 'a shard whose name counts three, before there is an index'],
      [judgeCache, 'shows the download that mends it'],
      [scenario('engine/sized'), notWhole],
    ),
    mode(
      'pointers of Git LFS in place of weights',
      'refused before queueing, with `git lfs pull`',
      [judgeCache, 'tells pointers of Git LFS from weights'],
      [scenario('engine/sized'), notWhole],
    ),
    mode(
      'an environment that cannot be built: no internet, no such version, no Python, a full disk or quota',
      'which of these, with the last lines of the installer',
      [setUp, 'no internet'],
      [setUp, 'an unknown version'],
      [setUp, 'an old Python alone'],
      [setUp, 'a full quota'],
      [setUp, 'a small home alone'],
    ),
    mode(
      'a setup that is interrupted, or whose engine does not start on a node',
      'no name and no setting changes; the next run goes on',
      [setUp, 'has its name only when it is finished, goes on where it failed, and does nothing twice'],
      [
        scenario('engine/setup'),
        'setup that fails on the node, finds no such version or reaches no index leaves configuration and name as they were',
      ],
    ),
    mode('Ctrl-C or a lost connection during a download', 'no process stays on the host', [
      'packages/launch/src/host/host.test.ts',
      'ends with all that it started when its caller leaves',
    ]),
  ],
};
