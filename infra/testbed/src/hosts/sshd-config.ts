// sshd on the bastion and the login host: OpenSSH's defaults where Fairlead depends on them, keys only, and short keep-alives to notice dead peers.

export const sshdConfig = `Port 22
PidFile /run/sshd.pid
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
PubkeyAuthentication yes
AuthorizedKeysFile .ssh/authorized_keys
AllowTcpForwarding yes
AllowStreamLocalForwarding yes
StreamLocalBindUnlink no
StreamLocalBindMask 0177
GatewayPorts no
X11Forwarding no
ClientAliveInterval 5
ClientAliveCountMax 3
MaxStartups 100:30:200
MaxSessions 100
UseDNS no
PrintMotd no
LogLevel VERBOSE
Subsystem sftp internal-sftp
`;
