export { startPage, type PageServer, type PageWorld } from './page-server.js';
