//! axum glue of the service API: authentication, limits, envelopes, errors.
