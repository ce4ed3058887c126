//! The real supervisor with real children: small shell programs and a private PostgreSQL server.
#![cfg(target_os = "linux")]

#[cfg(test)]
mod bench;
#[cfg(test)]
mod children;
#[cfg(test)]
mod postgres;
