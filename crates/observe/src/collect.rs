//! Collectors: whoever asks devices every so often for what they tell.
//!
//! A [`Collector`] asks the targets that it is handed and gives out what each told. Which targets
//! there are, when each falls due, how many are asked at once, how long an answer is waited for
//! and what becomes of it is `app::collect`'s.

use std::{fmt, net::SocketAddr, time::Duration};

use domain::{
    id::{Id, OrganizationId},
    record::Values,
};
use tokio::sync::mpsc;
use vault::series::Sample;

/// How a collector is driven.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Each target is asked once in so long.
    pub interval: Duration,
    /// A target that does not answer is asked again after the interval, then after twice as long
    /// each time, up to this.
    pub longest: Duration,
    /// How long one call of [`Collector::collect`] may take.
    pub timeout: Duration,
    /// How many targets one call is handed. One whose calls share nothing takes 1; one with a
    /// single socket for all takes thousands.
    pub batch: usize,
    /// How many calls run at once. No target is in two of them.
    pub at_once: usize,
}

impl Pace {
    /// When a target that failed so often in a row is asked next.
    pub fn after(&self, failures: u32) -> Duration {
        let factor = 1u32 << failures.saturating_sub(1).min(16);
        let longer = self.interval.saturating_mul(factor);
        longer.min(self.longest.max(self.interval))
    }
}

/// What opens a target: never shown, not even to whoever looks for faults.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes it.
    pub fn new(secret: String) -> Self {
        Self(secret)
    }

    /// Gives it out, to be sent.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The record that it is in the registry.
    pub id: Id,
    /// Whose it is.
    pub organization: OrganizationId,
    /// Where it answers.
    pub address: SocketAddr,
    /// What opens it.
    pub secret: Secret,
    /// When it is asked, unix milliseconds: the moment of all samples of this time.
    pub asked_at: i64,
}

/// A record of an observed noun as its target tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What tells it from the target's others, and is the same each time.
    pub key: String,
    /// The fields but those that say whose it is.
    pub values: Values,
}

/// What a target told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// Measured now.
    pub samples: Vec<Sample>,
    /// All of its records: what is not among them is gone.
    pub rows: Vec<Row>,
}

/// Why a target told nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing came back: it is away, or what opens it is wrong.
    #[error("no answer")]
    Silent,
    /// It said no.
    #[error("the device refuses")]
    Refused,
    /// It answered with what nobody can read, or too much.
    #[error("the answer cannot be read")]
    Odd,
    /// Nothing could be sent from here.
    #[error("nothing could be sent")]
    Unsent,
    /// What opens it does not open with the installation's key.
    #[error("the secret cannot be opened")]
    Locked,
}

impl Fault {
    /// Its word in the records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Refused => "refused",
            Self::Odd => "odd",
            Self::Unsent => "unsent",
            Self::Locked => "locked",
        }
    }
}

/// What one target told, or why it told nothing.
pub type Heard = (Id, Result<Told, Fault>);

/// Where a collector gives out what it heard.
#[derive(Clone, Debug)]
pub struct Sink(mpsc::Sender<Heard>);

impl Sink {
    /// A sink and its end; so many answers may wait for whoever writes them down.
    pub fn new(room: usize) -> (Self, mpsc::Receiver<Heard>) {
        let (sender, receiver) = mpsc::channel(room);
        (Self(sender), receiver)
    }

    /// Gives out what a target told, once; waits while too much waits to be written down.
    pub async fn give(&self, target: Id, told: Result<Told, Fault>) {
        // Nobody listens any more at the end of the program.
        let _ = self.0.send((target, told)).await;
    }
}

/// Asks targets.
pub trait Collector: Send + Sync + 'static {
    /// Asks each target and gives out its answer as it comes. Of a target for which nothing was
    /// given when this returns, or is dropped after [`Pace::timeout`], nothing was heard.
    fn collect(&self, due: &[Target], out: &Sink) -> impl Future<Output = ()> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_answer_is_asked_less_often() {
        let pace = Pace {
            interval: Duration::from_secs(60),
            longest: Duration::from_secs(900),
            timeout: Duration::from_secs(20),
            batch: 1,
            at_once: 8,
        };
        let minutes: Vec<u64> = [0, 1, 2, 3, 4, 5, 6, 1_000]
            .map(|failures| pace.after(failures).as_secs() / 60)
            .into();
        assert_eq!(minutes, [1, 1, 2, 4, 8, 15, 15, 15]);
        let slow = Pace {
            interval: Duration::from_secs(3_600),
            ..pace
        };
        assert_eq!(slow.after(9).as_secs(), 3_600, "never sooner than asked");
    }

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::new("community".into());
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "*** Some(***)");
    }
}
