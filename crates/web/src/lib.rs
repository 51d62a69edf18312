//! Pages, REST and live updates.
