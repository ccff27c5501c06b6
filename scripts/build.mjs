// @ts-check
// `npm run build`.
import { relative } from 'node:path';
import { build } from './bundle.mjs';

const started = performance.now();
const built = await build();
const names = Object.values(built).map((path) => relative(process.cwd(), path));
console.log(`built ${names.join(', ')} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
