import { ensureBuild, ensureNodePackages } from './node-packages.mjs';

ensureNodePackages();
ensureBuild();
