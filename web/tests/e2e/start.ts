// start.ts: starts the installation that all test files share, and prints how
// house.ts finds it (SLIPWAY_HOUSE).

import { House } from './house';

const house = new House();
await house.start();
console.log(house.address);
