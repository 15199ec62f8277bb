import { type FieldReport, places } from '../failure-mode.ts';

const stubs = 'packages/scheduler/src/slurm/stub-slurm.test.ts';
const scheduler = 'packages/scheduler/src/slurm/slurm-scheduler.test.ts';
const refusals = 'packages/scheduler/src/slurm/classify/submit-error.test.ts';
const sites = 'tests/scenarios/slurm-site.test.ts';
const real = 'infra/testbed/src/scenarios/slurm/slurm-refusals.scenario.ts';
const accounting = 'infra/testbed/src/scenarios/slurm/accounting.scenario.ts';
const shells = 'tests/scenarios/login-shells.test.ts';
const request = 'packages/cli/src/doctor/slurm/judge-request.test.ts';
const quota = 'packages/cli/src/doctor/login/login-judges.test.ts';

export const slurmReports: readonly FieldReport[] = [
  {
    id: 'P01',
    threads: [
      'llnl/maestrowf#441',
      'nipy/nipype#1330',
      'radical-cybertools/radical.saga#183',
      'geodesymiami/rsmas_insar#455',
    ],
    what: "A site's banner around every `sbatch`: the refusal is one line inside it, and a name in it holds a number.",
    seen: 'The line that says FAILED and what follows, classified by that; the banner is left out. The id is confirmed by the name of the job.',
    tests: places(
      [stubs, 'inside a banner is told by the line that refuses: %s'],
      [stubs, 'a banner with a number in its name'],
      [real, 'are not taken for the refusal: the message has the line that refuses'],
    ),
  },
  {
    id: 'P02',
    threads: [
      'mlr-org/batchtools#243',
      'mlr-org/batchtools#314',
      'StormSurgeLive/asgs#983',
      'easybuilders/easybuild-framework#4061',
    ],
    what: 'Balances, charges and job counts with bare numbers around the id of the job.',
    seen: '`Submitted batch job N` wins wherever it stands; of bare numbers the one that the queue confirms by the name of the job. No number is trusted that it does not confirm: `submit_uncertain`.',
    tests: places(
      [stubs, 'a balance after the number'],
      [scheduler, 'takes the number that the queue confirms, where sbatch printed others around it'],
      [scheduler, 'believes no number that the queue does not confirm, and submits nothing again'],
      [real, "are not taken for the job's id: Fairlead finds the job in the queue by its name"],
    ),
  },
  {
    id: 'P03',
    threads: ['dask/dask-jobqueue#209', 'OSC/ood_core#187'],
    what: '`sbatch` is a wrapper that prints the number alone, or drops `--parsable`.',
    seen: 'Both are read.',
    tests: places(
      [stubs, 'a wrapper that prints the number alone'],
      [stubs, "a wrapper that prints Slurm's sentence, whatever was asked for"],
    ),
  },
  {
    id: 'P04',
    threads: [
      'snakemake/snakemake-executor-plugin-slurm#121',
      'snakemake/snakemake-executor-plugin-slurm#53',
      'Parsl/parsl#3675',
      'nextflow-io/nextflow#807',
    ],
    what: 'A login host of several clusters: a job that went to one is looked for in another.',
    seen: '`slurm.cluster`, or a `--clusters` of the job script, goes to every command; the cluster that took the job is noted in its directory and used by `status`, `stop` and `doctor`, whatever the configuration says then. The agent asks there too.',
    tests: places(
      [stubs, 'is asked about the job in the cluster that took it'],
      [sites, '%s is found there again by status and stop, whatever the configuration says then'],
      [sites, 'by the site itself, which sbatch tells in its answer, is stopped there'],
      [
        'packages/scheduler/src/inside/watch-deadline.test.ts',
        'watchDeadline asks in the cluster of the job, and without a cluster where that has no answer',
      ],
    ),
  },
  {
    id: 'P05',
    threads: [
      'nextflow-io/nextflow#312',
      'PySlurm/pyslurm#170',
      'vpenso/prometheus-slurm-exporter#20',
      'eth-cscs/firecrest-v2#84',
    ],
    what: 'Jobs of a hidden partition are in no list without `-a`.',
    seen: 'Every list is asked with `-a`: the guard against a second submission sees them, and `doctor` knows the partition.',
    tests: places(
      [stubs, 'hides no job: an answer that was lost is found again, and nothing is submitted twice'],
      [sites, 'is seen by doctor, which looks in slurm.binDir and says that the type of its GPUs cannot be checked'],
      [real, 'hides no job: when the answer of sbatch is lost, the job is found, serves, and is stopped'],
      [real, 'is known to doctor, although sinfo does not list it'],
    ),
  },
  {
    id: 'P07',
    threads: [
      'snakemake/snakemake-executor-plugin-slurm#336',
      'snakemake/snakemake-executor-plugin-slurm#38',
      'Parsl/parsl#3590',
    ],
    what: 'No accounting, or its database is down, when a job has ended that the queue has forgotten.',
    seen: 'The job is gone, and one sentence says why no record tells how it ended. A site that keeps none is asked once; nothing is polled for ever. `doctor` says that accounts could not be read, not that there are none; a deployment serves all the same. Where there are records, they tell how a forgotten job ended.',
    tests: places(
      [scheduler, 'calls a job gone without accounting, says why no record tells of it, and asks for records once'],
      [scheduler, 'asks accounting again that was only away, and says what it said'],
      [sites, 'and without records is said to be gone, once, with the reason that there are none'],
      [
        accounting,
        'its records show how jobs ended that the queue has forgotten: cancelled, out of time, on a failed node; without its database, status says once why no record shows it',
      ],
      [
        accounting,
        'without its database doctor says that it could not read the accounts, and a deployment still serves',
      ],
      ['packages/cli/src/doctor/slurm/judge-account.test.ts', 'does not call accounts absent that could not be read'],
    ),
  },
  {
    id: 'P08',
    threads: ['desihub/desispec#2744'],
    what: '`sacct` says COMPLETED 0:0 of a job that failed.',
    seen: 'A job that completed before anything was served has failed, with the last lines of its log; a notice of slurmstepd (`STEP n.0 … DUE TO TASK FAILURE`) outweighs accounting.',
    tests: places(
      [sites, 'is a failure to explain, though Slurm calls it COMPLETED'],
      [
        'packages/launch/src/job/observe-job.test.ts',
        'when it completed and nothing was served is a failure to explain',
      ],
      ['packages/scheduler/src/inside/read-slurm-notice.test.ts', 'of a step of the job counts as well'],
    ),
  },
  {
    id: 'P09',
    threads: [
      'basnijholt/slurm-usage#11',
      'silx-kit/jupyterhub_moss#97',
      'skypilot-org/skypilot#9237',
      'skypilot-org/skypilot#10283',
    ],
    what: 'GPUs in other forms: `gpu:8(S:0-3)`, `gres/gpu:4`, `gpu:a100:2K`, no type at all.',
    seen: 'All are read. Where GPUs have no type, `doctor` says that the type cannot be checked, and names the feature that chooses them.',
    tests: places(
      ['packages/scheduler/src/slurm/parse/parse-sinfo.test.ts', 'gres/gpu:4'],
      [request, 'judgeGpu says that a type cannot be checked where GPUs have none, and which feature chooses them'],
    ),
  },
  {
    id: 'P09b',
    threads: ['eth-cscs/firecrest-v2#148', 'OSC/ood_core#135'],
    what: 'A `|` in a name or in a reason of the site.',
    seen: 'The row is split at its three times, which stand side by side: reason and name keep their bars.',
    tests: places(
      [
        'packages/scheduler/src/slurm/parse/parse-squeue.test.ts',
        'parseSqueue keeps a bar in the reason and in the name apart from its own',
      ],
      [
        'packages/scheduler/src/slurm/parse/parse-sacct.test.ts',
        'parseSacct keeps a bar in the reason and in the name apart from its own',
      ],
    ),
  },
  {
    id: 'P10',
    threads: [
      'swaruplab/operon#8',
      'NVIDIA-NeMo/Evaluator#915',
      'AMDResearch/hpcfund#45',
      'ResearchComputing/Documentation#562',
      'StormSurgeLive/asgs#552',
    ],
    what: 'The sentence of a submit filter behind a verdict that says nothing (`Unspecified error`, `violates accounting/QOS policy`).',
    seen: 'The sentence first, and the advice by what it speaks of: a limit of 24 hours is a time limit, `QOSMinNode` never heals by waiting.',
    tests: places(
      [refusals, 'sbatch: error: Max time limit of 24 hours exceeded for this queue'],
      [refusals, 'sbatch: error: QOSMinNode'],
      [refusals, 'sbatch: error: GPU jobs must use a _gpu account'],
      [accounting, "a job %s is refused with Slurm's words and the cure, and leaves nothing behind"],
    ),
  },
  {
    id: 'P11',
    threads: ['ecmwf/WeatherGenerator#2249'],
    what: 'The account is set by the login shell alone (`SBATCH_ACCOUNT` of a module or profile).',
    seen: 'The refusal and `doctor` (`slurm.shell`) say: your shell sets an account that Fairlead does not use; set `account:`.',
    tests: places(
      [stubs, 'of a job without an account names the account that only the login shell sets'],
      [request, 'names an account that only the shell sets, and the setting for it'],
    ),
  },
  {
    id: 'P12',
    threads: [
      'mathworks/matlab-parallel-slurm-plugin#11',
      'rwth-i6/sisyphus#108',
      'mil-ad/stui#15',
      'mlr-org/batchtools#201',
    ],
    what: 'A site that lets its queue be asked once in two minutes.',
    seen: '`slurm.pollSeconds`: all commands share one answer of `squeue` on the login host until it is that old. Refusals and slow answers make the pauses longer, up to ten minutes.',
    tests: places(
      [stubs, 'is asked once for all deployments, by each command that looks'],
      [stubs, 'is not asked again at once after it refused'],
      [sites, 'is asked once, while one command follows a deployment and others look at theirs'],
      ['packages/launch/src/job/queue-pace.test.ts', 'doubles with each refusal'],
    ),
  },
  {
    id: 'P13',
    threads: ['nextflow-io/nextflow#970', 'rwth-i6/sisyphus#281', 'uabrc/uabrc.github.io#1242', 'dun/munge#118'],
    what: 'The answer of `sbatch` is lost, or munge of the login host is down.',
    seen: 'A lost answer: the job is looked for by its name before another try. Munge down: nothing left the host (`munge_down`), nothing is looked for.',
    tests: places(
      [sites, 'hides no job: the job whose answer was lost is found, not submitted twice, and stays in sight'],
      [scheduler, 'submits nothing when munge of the login host is down, and does not look for a job'],
      [real, 'whose munge is down: deploy says that nothing was sent, and submits nothing'],
    ),
  },
  {
    id: 'P27',
    threads: [
      'skypilot-org/skypilot#10521',
      'OSC/ood_core#187',
      'ROCm/omnistat#281',
      'jupyter-forward/jupyter-forward#141',
      'kitknox/rootshell#408',
    ],
    what: 'tcsh, fish or zsh as the login shell, with start-up files that print or read.',
    seen: 'Doctor, deploy, a request and stop go through them. A start-up file that reads what is meant for scripts is named by `doctor` (`login.shell`).',
    tests: places(
      [shells, 'whose start-up file talks, a model is deployed, answers, and is stopped'],
      [shells, 'doctor says that its start-up file reads what is meant for scripts'],
    ),
  },
  {
    id: 'P30',
    threads: ['ocf/ocfweb#783', 'LLNL/lustre-tools-llnl#32'],
    what: "`quota` is a site's own program: other options, other columns, other units.",
    seen: '`doctor` says that it could not read the quota and what the program said; units count below the usual head alone.',
    tests: places(
      [quota, 'that could not be read is not taken for none: %s'],
      [quota, 'is read in the units that it is printed in, below the usual head'],
      [quota, 'is none only where that is what was said'],
    ),
  },
];
