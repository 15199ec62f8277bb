// A door for commands of a member of a gateway: they load nothing of SSH, control and launching.

export { GatewayAnswerError } from './client-error.ts';
export { connectGateway, type MemberConnection, type GatewayConnectOptions } from './gateway/connect-gateway.ts';
export { dialGateway } from './gateway/dial-gateway.ts';
export { createGatewayCalls, type GatewayCalls } from './gateway/gateway-calls.ts';
export {
  findGatewayPlace,
  gatewayNameOf,
  gatewaysDir,
  isGatewayName,
  listGatewayNames,
  readGatewayPlace,
  tryGatewaysDir,
  removeGatewayPlace,
  writeGatewayPlace,
} from './gateway/gateway-places.ts';
export { type GatewayUrl, isOpenOnTheWay, parseGatewayUrl } from './gateway/gateway-url.ts';
export { profilePath } from './bastion/profile.ts';
