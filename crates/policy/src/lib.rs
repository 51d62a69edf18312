//! Regulations as data: packs, lint, calendars, deadlines, the algebra of verdicts.
