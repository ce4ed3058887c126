// Every journey, in the order in which they run. A journey is given the world of console.mjs and makes the checks of one area.

import knowledge from "./knowledge.mjs";

export const JOURNEYS = [knowledge];
