//! What pages are told as it happens.

use tokio::sync::broadcast;

/// Something changed; pages that show it fetch it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// The state of a target.
    Network,
    /// An alarm was raised, changed or cleared.
    Alarms,
    /// A verdict turned.
    Verdicts,
    /// A record of the registry or a book changed.
    Records,
    /// Lines arrived.
    Logs,
}

impl Topic {
    /// Its name in the event stream.
    pub fn name(self) -> &'static str {
        match self {
            Topic::Network => "network",
            Topic::Alarms => "alarms",
            Topic::Verdicts => "verdicts",
            Topic::Records => "records",
            Topic::Logs => "logs",
        }
    }
}

/// Hands topics to whoever listens. A slow listener misses some and is told so; since
/// every topic only says "fetch again", nothing is lost by that.
#[derive(Clone, Debug)]
pub struct Live(broadcast::Sender<Topic>);

impl Default for Live {
    fn default() -> Self {
        Self(broadcast::channel(256).0)
    }
}

impl Live {
    /// Tells all listeners.
    pub fn tell(&self, topic: Topic) {
        // Nobody listening is no fault.
        let _ = self.0.send(topic);
    }

    /// Listens from now on.
    pub fn listen(&self) -> broadcast::Receiver<Topic> {
        self.0.subscribe()
    }
}
