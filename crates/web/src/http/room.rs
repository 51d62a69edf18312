//! What is being read from callers may hold so much memory, of each and of all: who does not
//! end a form must not fill the memory with a thousand of them.

use std::{
    collections::HashMap,
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc, LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use app::seats::network;
use axum::{
    Error,
    body::{Body, Bytes, to_bytes},
};
use domain::{
    label::Label,
    problem::{Problem, ProblemKind},
};
use http_body::Frame;
use tokio::time::timeout;

use super::asked::Asked;

/// Of each form without files so many bytes are not counted: what a sign-in needs nobody takes
/// from others, and there are so many connections at most.
pub(super) const FREE: usize = 16 << 10;
/// What the forms without files of one caller may hold.
const FORMS_OF_ONE: usize = 4 << 20;
/// What the forms with files and the whole bodies of one caller may hold; one of the size that is
/// allowed always fits.
pub(super) const FILES_OF_ONE: usize = 64 << 20;

/// Bytes in memory, by caller.
#[derive(Debug)]
pub(super) struct Room {
    /// The most of all callers together.
    all: usize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    all: usize,
    by_caller: HashMap<String, usize>,
}

impl Held {
    fn add(&mut self, caller: &str, bytes: usize) {
        self.all += bytes;
        match self.by_caller.get_mut(caller) {
            Some(own) => *own += bytes,
            None if bytes == 0 => {}
            None => drop(self.by_caller.insert(caller.to_owned(), bytes)),
        }
    }
}

/// For forms without files.
static FORMS: LazyLock<Room> = LazyLock::new(|| Room::new(64 << 20));
/// For forms with files.
pub(super) static FILES: LazyLock<Room> = LazyLock::new(|| Room::new(256 << 20));

impl Room {
    fn new(all: usize) -> Self {
        Self {
            all,
            held: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one form holds of a room; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    room: &'static Room,
    caller: String,
    bytes: usize,
}

impl Share {
    /// Nothing yet.
    pub(super) fn new(room: &'static Room, caller: String) -> Self {
        Self {
            room,
            caller,
            bytes: 0,
        }
    }

    /// How many bytes it is.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether so many more bytes fit; those of one caller up to `each`.
    pub(super) fn take(&mut self, bytes: usize, each: usize) -> bool {
        let mut held = self.room.lock();
        let own = held.by_caller.get(&self.caller).copied();
        let fits = held.all + bytes <= self.room.all && own.unwrap_or_default() + bytes <= each;
        if fits {
            held.add(&self.caller, bytes);
            self.bytes += bytes;
        }
        fits
    }

    /// Counts bytes that are held already.
    pub(super) fn add(&mut self, bytes: usize) {
        self.room.lock().add(&self.caller, bytes);
        self.bytes += bytes;
    }

    /// Gives so many of them back.
    pub(super) fn give(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        let mut held = self.room.lock();
        held.all = held.all.saturating_sub(bytes);
        if let Some(own) = held.by_caller.get_mut(&self.caller) {
            *own = own.saturating_sub(bytes);
            if *own == 0 {
                held.by_caller.remove(&self.caller);
            }
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give(self.bytes);
    }
}

/// Whose room a form takes: the account's, whatever sessions and tokens it has; without one the
/// address's, of IPv6 its /64's.
pub(super) fn caller(asked: Option<&Asked>) -> String {
    let Some(asked) = asked else {
        return String::new();
    };
    let account = asked.reader.get().and_then(|reader| reader.account);
    account.map_or_else(
        || match asked.remote.parse::<IpAddr>() {
            Ok(address) => network(address).to_string(),
            Err(_) => asked.remote.clone(),
        },
        |account| account.to_string(),
    )
}

/// A body each frame of which is counted as it comes; it ends with an error once `take` refuses.
pub(super) struct Counted<F> {
    body: Body,
    take: F,
}

impl<F: FnMut(usize) -> bool> Counted<F> {
    /// `take` is told how many bytes came and says whether they may be held.
    pub(super) fn new(body: Body, take: F) -> Self {
        Self { body, take }
    }
}

impl<F: FnMut(usize) -> bool + Unpin> http_body::Body for Counted<F> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        let bytes = match &frame {
            Some(Ok(frame)) => frame.data_ref().map_or(0, Bytes::len),
            _ => 0,
        };
        if (self.take)(bytes) {
            return Poll::Ready(frame);
        }
        let much = std::io::Error::other("more came than may be held");
        Poll::Ready(Some(Err(Error::new(much))))
    }
}

/// The longest that a body may take to come: 20 MiB come in it at 12 KB/s.
pub(super) const LONGEST: Duration = Duration::from_secs(30 * 60);

/// Why a body was not read whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// Others hold the room that it takes.
    Crowded,
    /// It is larger than it may be, or broke off.
    Long,
    /// It did not end in [`LONGEST`].
    Slow,
}

/// Reads a body of up to `limit` bytes whole. All but its first bytes are counted, of one caller
/// up to `each`, until the share is dropped.
pub(super) async fn read(
    body: Body,
    limit: usize,
    room: &'static Room,
    asked: Option<&Asked>,
    each: usize,
) -> Result<(Bytes, Arc<Mutex<Share>>), Unread> {
    let share = Arc::new(Mutex::new(Share::new(room, caller(asked))));
    let full: Arc<AtomicBool> = Arc::default();
    let (counted, refused) = (Arc::clone(&share), Arc::clone(&full));
    let mut came = 0;
    let body = Body::new(Counted::new(body, move |bytes| {
        came += bytes;
        let beyond = bytes.min(came.saturating_sub(FREE));
        let mut share = counted.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = beyond == 0 || share.take(beyond, each);
        refused.fetch_or(!fits, Ordering::Relaxed);
        fits
    }));
    match timeout(LONGEST, to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => Ok((bytes, share)),
        Ok(Err(_)) if full.load(Ordering::Relaxed) => Err(Unread::Crowded),
        Ok(Err(_)) => Err(Unread::Long),
        Err(_) => Err(Unread::Slow),
    }
}

/// Reads a form without files, as [`read`].
pub(super) async fn read_form(
    body: Body,
    limit: usize,
    asked: Option<&Asked>,
) -> Result<Bytes, Unread> {
    let (bytes, _) = read(body, limit, &FORMS, asked, FORMS_OF_ONE).await?;
    Ok(bytes)
}

/// What is said where a room is full.
pub(super) fn crowded() -> Problem {
    Problem::new(
        ProblemKind::Unavailable,
        Label::new(
            "Đang có nhiều tệp hoặc biểu mẫu được gửi lên cùng lúc",
            "Many files or forms are being sent at once",
        ),
        "",
        Label::new(
            "Chờ một phút rồi gửi lại.",
            "Wait a minute and send it again.",
        ),
    )
    .after(60)
}

#[cfg(test)]
mod tests {
    use domain::{
        authority::Actor,
        id::{AccountId, Id},
        label::Lang,
    };

    use super::*;
    use crate::cx::Theme;

    fn asked(remote: &str, account: Option<AccountId>) -> Asked {
        let reader = account.map(|account| Actor {
            account: Some(account),
            name: String::new(),
            grants: Vec::new(),
            only: None,
        });
        Asked {
            id: String::new(),
            now: 0,
            remote: remote.into(),
            lang: Lang::Vi,
            theme: Theme::Auto,
            path: String::new(),
            query: String::new(),
            page: None,
            api: false,
            fragment: false,
            reader: Arc::new(reader.map_or_else(Default::default, Into::into)),
        }
    }

    #[test]
    fn a_room_counts_each_and_all_and_takes_back_what_is_dropped() {
        let room: &Room = Box::leak(Box::new(Room::new(100)));
        let mut one = Share::new(room, "one".into());
        assert!(one.take(60, 60) && !one.take(1, 60), "so much for each");
        let mut two = Share::new(room, "two".into());
        assert!(!two.take(41, 60) && two.take(40, 60), "so much for all");
        one.give(20);
        assert!(two.take(20, 60));
        // What came anyway is counted, too.
        two.add(5);
        assert_eq!((one.bytes(), two.bytes(), room.lock().all), (40, 65, 105));
        drop((one, two));
        let held = room.lock();
        assert!(held.all == 0 && held.by_caller.is_empty());
    }

    #[tokio::test]
    async fn an_address_is_full_and_who_is_signed_in_there_has_room_of_their_own() {
        let most = 2 * FREE;
        let form = async |bytes: usize, asked: &Asked| {
            read_form(Body::from(vec![b'x'; bytes]), most, Some(asked)).await
        };
        let stranger = asked("2001:db8::1", None);
        let mut first = Share::new(&FORMS, caller(Some(&stranger)));
        assert!(first.take(FORMS_OF_ONE - 1, FORMS_OF_ONE));
        assert!(form(FREE, &stranger).await.is_ok(), "a sign-in");
        // The same /64.
        let neighbour = asked("2001:db8::2", None);
        let long = form(FREE + 2, &neighbour).await;
        assert_eq!(long.map(|_| ()), Err(Unread::Crowded));
        let large = form(most + 1, &asked("192.0.2.1", None)).await;
        assert_eq!(large.map(|_| ()), Err(Unread::Long));
        for other in [
            asked("2001:db8::1", Some(AccountId(Id::new(1)))),
            asked("2001:db8:0:1::1", None),
        ] {
            assert!(form(FREE + 2, &other).await.is_ok());
        }
        drop(first);
        assert!(form(FREE + 2, &neighbour).await.is_ok());
        assert!(!FORMS.lock().by_caller.contains_key("2001:db8::"));
    }
}
