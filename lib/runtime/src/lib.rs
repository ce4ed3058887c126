//! What all daemons share: configuration, logs, signals, readiness, metrics, exit codes.
