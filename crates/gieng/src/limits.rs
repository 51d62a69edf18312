//! File descriptors: as many as the system allows, and who may have how many.

use std::time::Duration;

use anyhow::Context as _;
use app::seats::Places;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// More connections than these are not needed, however many descriptors there are.
const MOST: usize = 4_096;

/// Shares of the descriptors. Who uses up one of them takes nothing of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// In all.
    limit: usize,
    /// Database, vault, journal, files, probes, children.
    kept: usize,
    /// Connections of browsers and programs.
    web: usize,
    /// Connections of registered senders of logs.
    registered: usize,
    /// Connections of other senders.
    strangers: usize,
}

impl Shares {
    /// Raises the limit as far as the system allows and says how it is shared.
    ///
    /// # Errors
    /// When there are too few to run.
    pub fn raise() -> anyhow::Result<Self> {
        let (soft, hard) =
            getrlimit(Resource::RLIMIT_NOFILE).context("cannot read the limit of open files")?;
        // Above this nothing is gained, and some children close every possible descriptor.
        let wanted = hard.min(65_536).max(soft);
        if let Err(error) = setrlimit(Resource::RLIMIT_NOFILE, wanted, hard) {
            tracing::warn!(%error, soft, hard, "the limit of open files stays as it is");
        }
        let (soft, _) =
            getrlimit(Resource::RLIMIT_NOFILE).context("cannot read the limit of open files")?;
        let shares = Self::of(usize::try_from(soft).unwrap_or(usize::MAX));
        anyhow::ensure!(
            shares.limit >= 256,
            "only {} files may be open, 256 are the least (ulimit -n, LimitNOFILE=)",
            shares.limit
        );
        let Self {
            limit,
            kept,
            web,
            registered,
            strangers,
        } = shares;
        tracing::info!(
            limit,
            kept,
            web,
            registered,
            strangers,
            "descriptors: for records, logs and probes; for the web; for registered senders; for others"
        );
        Ok(shares)
    }

    fn of(limit: usize) -> Self {
        let kept = (limit / 4).min(1_024);
        // A tenth is for those that are just let in or just shown out.
        let rest = (limit - kept) / 10 * 9;
        let strangers = (rest / 10).min(MOST / 4);
        let each = (rest - strangers) / 2;
        Self {
            limit,
            kept,
            web: each.min(MOST),
            registered: each.min(MOST),
            strangers,
        }
    }

    /// The seats of the web server.
    pub fn web(&self) -> Places {
        Places {
            all: self.web,
            each: (self.web / 4).max(32),
            quiet: Duration::ZERO,
        }
    }

    /// Connections of registered senders, and of others.
    pub fn syslog(&self) -> (usize, usize) {
        (self.registered, self.strangers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_share_takes_from_another() {
        for limit in [256, 1_024, 4_096, 20_000, 65_536, 1 << 20] {
            let s = Shares::of(limit);
            assert!(s.kept + s.web + s.registered + s.strangers < limit, "{s:?}");
            assert!(s.kept >= 64 && s.web >= 64 && s.strangers >= 16, "{s:?}");
        }
        let small = Shares::of(1_024);
        assert_eq!(
            (small.kept, small.web, small.registered, small.strangers),
            (256, 308, 308, 68)
        );
    }
}
