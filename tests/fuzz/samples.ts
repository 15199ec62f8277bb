// Valid input of each reader, recorded or written from its format.

const key = 'AAAAC3NzaC1lZDI1NTE5AAAAIGvO1bXHqdrx6gSfLBBLrcnTCLHIzhVFvsnVTl6aVOhA';
/** The key that is added to authorized_keys. */
export const jobKey = 'AAAAC3NzaC1lZDI1NTE5AAAAIB1vO1bXHqdrx6gSfLBBLrcnTCLHIzhVFvsnVTl6aVOi';

export const squeue = [
  'Last login: today | from somewhere\nCLUSTER: tb\n20|FAILED|JobLaunchFailure|node1|1795231952|1795231952|1795231952|gpu|fl|e\n' +
    '3|PENDING|PartitionConfig||N/A|N/A|1795231749|gpu|fl-x\n12_[1-3%1]|PENDING|None||N/A|N/A|1795231749|gpu|array\n',
];
export const sacct = [
  '4|CANCELLED by 20001|0:15|None|1795231952|1795231960|1795231950|node[1-2]|gpu|fl-a\n4.batch|OUT_OF_MEMORY|0:125|||||||batch\n',
];
export const scontrolJob = [
  'JobId=1 JobName=fl-x UserId=alice(20001) Account=(null) QOS=(null) JobState=PENDING Reason=Nodes required for job are DOWN, DRAINED ' +
    'Dependency=(null) Requeue=0 Restarts=2 ExitCode=0:9 RunTime=00:00:02 TimeLimit=00:02:00 EndTime=1795231867 Partition=gpu ' +
    'NodeList=node[1-2] Command=/home/alice/q/j.sh StdOut=/home/alice/dir with ü/o-1.txt Power= TresPerNode=gres:gpu:1 \n',
];
export const partitionRules = [
  'PartitionName=gpu AllowGroups=ALL AllowAccounts=ALL AllowQos=normal,high Default=YES DenyAccounts=x MaxTime=1-00:00:00 State=UP TRES=cpu=8\n',
];
export const slurmConfig = [
  'Configuration data as of 2026-11-21T06:00:00\nClusterName             = tb\nKillWait                = 30 sec\n',
];
export const sinfo = [
  'gpu*|up|1-00:00:00|01:00:00|2|idle|8|16000|gpu:a100:4(S:0-1)|a100,nvlink\nlong|down|infinite|n/a|1|drained*|8|16000|(null)|(null)\n',
];
export const gres = ['gpu:a100:4(S:0-1),gpu:2,shard:8', '(null)', 'gpu:h100_80gb:8(IDX:0-7)'];
export const associations = ['my-project|gpu|normal,high|normal\nother|||\n'];
export const sbatch = [
  'Submitted batch job 4711 on cluster tb\n',
  '4711;tb\n',
  'sbatch: Job 12 to start at 2026-11-21T06:00:00 using 8 processors on nodes node1 in partition gpu\n',
  'sbatch: error: invalid partition specified: nope\nsbatch: error: Batch job submission failed: Invalid partition name specified\n',
  'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation\n',
];
export const times = ['1795231867\n', '2026-11-21T06:00:00', '1-12:30:00', '04:00:00', '90', 'UNLIMITED', 'N/A'];
export const slurmScript = [
  '#!/bin/bash\n#SBATCH --job-name=fl-a --time=60\n#SBATCH -p gpu\n#SBATCH --comment="a b"\nexec x\n',
];
export const knownHosts = [
  `[gate]:2222,10.0.0.1 ssh-ed25519 ${key} me\n@revoked * ssh-ed25519 ${key}\n|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ssh-ed25519 ${key}\n`,
  `ssh-ed25519 ${key} comment`,
];
export const jumps = ['alice@jump.example.org:22,[2001:db8::1]:2222', 'none', 'ssh://a@b:1'];
export const authorizedKeys = [
  `# mine\nssh-ed25519 ${key} me\r\nrestrict,command="a b" ssh-ed25519 ${key} fairlead:fuzz\n`,
  `ssh-ed25519 ${key} no-line-end`,
];
export const sampleMetrics = [
  '# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running{engine="0",model_name="m"} 2.0\nvllm:generation_tokens_total{engine="0"} 1.5e+06\nvllm:kv_cache_usage_perc{} 0.25\n',
];
export const engineLog = [
  '(EngineCore pid=7) INFO 11-21 02:00:21 [core.py:1] Loading safetensors checkpoint shards:  60% Completed | 3/5 [00:01<00:00,  2.5it/s]\n' +
    '(EngineCore pid=7) ERROR 11-21 02:00:21 [core.py:1] torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB\nvllm serve: error: unrecognized arguments: --x\n',
];
export const config = [
  'defaultCluster: tb\nbastion:\n  fromLaptop: { host: gate, port: 22 }\nclusters:\n  tb:\n    login: { host: login }\n    slurm:\n      partition: gpu\n      omit: [gres]\n      override: { time: "60" }\n    env: { HF_HOME: /x }\npresets:\n  q: { model: a/b, gpus: 1 }\n',
];
export const yaml = ['a: &x [1, 2]\nb: *x\n? complex\n: !!binary aGVsbG8=\nc: {<<: {d: 1}}\n'];
export const settings = ['slurm.partition=gpu', 'clusters.tb.slurm.omit=[gres, mem]', 'a.b=1'];
export const facts = [
  'home=/home/alice\nuser=alice\nhostname=login\nsystem=Linux\nmachine=x86_64\nglibc=glibc 2.36\nnode=/usr/bin/node v24.1.0\n',
];
