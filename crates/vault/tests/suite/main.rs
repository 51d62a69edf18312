//! The vault and the series: written, cut, forged, searched.

mod append;
mod crash;
mod full_disk;
mod in_place;
mod independent;
mod rewritten;
mod search;
mod series;
mod summaries;
mod support;
mod verify;
