//! Use cases, authority, jobs and reconcilers.
