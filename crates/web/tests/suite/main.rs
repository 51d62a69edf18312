//! Pages and routes, by a browser of our own.

mod books;
mod calendar;
mod http;
mod language;
mod look_back;
mod pages;
mod papers;
mod requests;
mod sign_in;
mod truth;
mod upload;
mod world;
