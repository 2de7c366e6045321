// stop.ts: ends the installation that start.ts started.

import { House } from './house';

const house = new House();
await house.start();
house.end();
