export { applicationPorts } from './application-ports.ts';
