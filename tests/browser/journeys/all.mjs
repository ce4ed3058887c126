// Every journey, in the order in which they run. A journey is given the world of console.mjs and makes the checks of one area.

import accounts from "./accounts.mjs";
import budgets from "./budgets.mjs";
import injection from "./injection.mjs";
import knowledge from "./knowledge.mjs";
import live from "./live.mjs";
import people from "./people.mjs";
import restarts from "./restarts.mjs";
import reviews from "./reviews.mjs";
import roles from "./roles.mjs";
import runs from "./runs.mjs";
import sessions from "./sessions.mjs";
import setup from "./setup.mjs";
import shell from "./shell.mjs";
import studio from "./studio.mjs";
import traces from "./traces.mjs";

export const JOURNEYS = [setup, shell, traces, studio, reviews, knowledge, runs, people, accounts, live, sessions, roles, injection, budgets, restarts];
