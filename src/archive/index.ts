export {
  startArchive,
  type ArchiveNotice,
  type ArchiveServerOptions,
  type ArchiveWorld,
  type RunningArchive,
} from './start-archive.js';
