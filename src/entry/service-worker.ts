import { serveSites } from '../browser/site-registry.ts';

serveSites();
