// Ports, sockets, the network.

import type { FailureEntry } from './failure-entry.ts';

const recorded = 'recorded from vLLM 0.32.0';
const network = { topic: 'network' } as const;
const errno = 'https://man7.org/linux/man-pages/man3/errno.3.html';

export const networkFailures: readonly FailureEntry[] = [
  {
    ...network,
    id: 'address-in-use',
    what: 'another process listens where the engine wants to',
    patterns: [/Address already in use|EADDRINUSE/],
    retry: true,
    otherNode: true,
    why: 'A server of another user or job has that port, or an earlier engine left its socket file behind.',
    cure: 'It is tried again. By hand: another `--port`, or remove the file of `--uds` first.',
    sources: [recorded],
  },
  {
    ...network,
    id: 'address-not-here',
    what: 'the address to listen at is not one of this node',
    patterns: [/\[Errno 99\]|Cannot assign requested address/],
    retry: false,
    otherNode: false,
    why: '--host, VLLM_HOST_IP or the name of the node leads to an address of another host.',
    cure: 'Set `--host 127.0.0.1`, and VLLM_HOST_IP to an address of this node.{interfaces}',
    sources: [errno],
  },
  {
    ...network,
    id: 'socket-path-too-long',
    what: 'the path of a socket is too long',
    patterns: [
      /AF_UNIX path too long|AF_UNIX path length cannot exceed/,
      /ipc path ".{0,200}" is longer than \d+ characters/,
    ],
    retry: false,
    otherNode: false,
    why: 'The path of a unix socket holds 107 bytes; vLLM makes its own below TMPDIR.',
    cure: 'A shorter `paths.scratch`, or `VLLM_RPC_BASE_PATH: /tmp` in `env`.',
    sources: [recorded],
  },
  {
    ...network,
    id: 'tls-certificate',
    what: 'a certificate of an HTTPS server is not trusted here',
    patterns: [/CERTIFICATE_VERIFY_FAILED/],
    retry: false,
    otherNode: false,
    why: "A proxy of the site opens HTTPS with a certificate of its own, or the container or environment lacks the system's certificates.",
    cure: 'Set `SSL_CERT_FILE` and `REQUESTS_CA_BUNDLE` in `env` to the file of certificates that the site gives. Or download the model on the login node (`hf download <org>/<model>`), and set `HF_HUB_OFFLINE: "1"`.',
    sources: ['https://github.com/vllm-project/vllm/issues/12673'],
  },
  {
    ...network,
    id: 'proxy-refused',
    what: 'the HTTP proxy refused a connection',
    patterns: [/Tunnel connection failed: \d{3}/, /^ProxyError: /],
    retry: false,
    otherNode: false,
    why: 'HTTPS_PROXY names a proxy that wants a login, or that does not let this host through.',
    cure: 'Correct HTTPS_PROXY and NO_PROXY in `env`, or download the model on the login node (`hf download <org>/<model>`) and set `HF_HUB_OFFLINE: "1"`.',
    sources: ['https://huggingface.co/docs/huggingface_hub/guides/download'],
  },
];
