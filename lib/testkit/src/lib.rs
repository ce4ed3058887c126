//! Throw-away PostgreSQL servers and databases, fixture loaders, running daemons for tests.
