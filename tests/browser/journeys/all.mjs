// Every journey, in the order in which they run. A journey is given the world of console.mjs and makes the checks of one area.

import injection from "./injection.mjs";
import knowledge from "./knowledge.mjs";
import live from "./live.mjs";
import people from "./people.mjs";
import restarts from "./restarts.mjs";
import reviews from "./reviews.mjs";
import roles from "./roles.mjs";
import runs from "./runs.mjs";
import sessions from "./sessions.mjs";
import shell from "./shell.mjs";
import studio from "./studio.mjs";
import traces from "./traces.mjs";

export const JOURNEYS = [shell, traces, studio, reviews, knowledge, runs, people, live, sessions, roles, injection, restarts];
