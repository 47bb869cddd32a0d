export { type UsedWedding, useWedding } from './use-wedding.ts';
