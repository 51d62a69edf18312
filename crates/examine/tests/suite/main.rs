//! Files of units in the child that reads them.

mod files;
mod made;
mod packs;
