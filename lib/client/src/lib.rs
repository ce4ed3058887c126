//! Typed asynchronous client of the service API.
