export { type ApplicationAdapters, applicationPorts } from './application-ports.ts';
