//! Room on the disk of the data folder, and who may still use it. The last of it is kept for
//! the records and their journal: before it is gone, first unknown senders stop, then
//! attachments, then imports, and at last the logs of registered devices wait.

use std::{
    path::Path,
    sync::atomic::{AtomicU8, AtomicU64, Ordering},
};

use domain::{
    label::Label,
    problem::{Problem, ProblemKind},
};

use observe::syslog::Syslog;

use crate::App;

/// What is still taken, from everything to the records alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Room {
    /// Everything.
    #[default]
    Ample,
    /// Nothing from senders that are not registered.
    NoStrangers,
    /// Nor attachments.
    NoAttachments,
    /// Nor imports.
    NoImports,
    /// Nor logs: their senders wait.
    NoLogs,
}

const ROOMS: [Room; 5] = [
    Room::Ample,
    Room::NoStrangers,
    Room::NoAttachments,
    Room::NoImports,
    Room::NoLogs,
];

impl Room {
    /// What `free` bytes leave, when `reserve` are kept.
    pub fn of(free: u64, reserve: u64) -> Self {
        match free.checked_div(reserve) {
            Some(0) => Room::NoLogs,
            Some(1) => Room::NoImports,
            Some(2) => Room::NoAttachments,
            Some(3) => Room::NoStrangers,
            _ => Room::Ample,
        }
    }
}

/// The disk as it was last looked at.
#[derive(Debug, Default)]
pub struct Disk {
    room: AtomicU8,
    free: AtomicU64,
    reserve: AtomicU64,
}

impl Disk {
    /// What is still taken.
    pub fn room(&self) -> Room {
        let room = usize::from(self.room.load(Ordering::Relaxed));
        ROOMS.get(room).copied().unwrap_or_default()
    }

    /// Bytes free, and bytes of these that are kept for records and journal.
    pub fn bytes(&self) -> (u64, u64) {
        let load = |bytes: &AtomicU64| bytes.load(Ordering::Relaxed);
        (load(&self.free), load(&self.reserve))
    }

    /// Looks at the disk of `data`, of which `reserve` bytes are kept, but at most a fiftieth.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn look(&self, data: &Path, reserve: u64) -> std::io::Result<Room> {
        let disk = nix::sys::statvfs::statvfs(data)?;
        let (unit, least) = (disk.fragment_size(), reserve);
        let (free, all) = (disk.blocks_available() * unit, disk.blocks() * unit);
        let reserve = least.min(all / 50);
        let room = Room::of(free, reserve);
        self.free.store(free, Ordering::Relaxed);
        self.reserve.store(reserve, Ordering::Relaxed);
        self.room.store(room as u8, Ordering::Relaxed);
        Ok(room)
    }
}

/// Looks at the disk of the program's data folder.
///
/// # Errors
/// As [`Disk::look`].
pub fn look(app: &App) -> std::io::Result<Room> {
    let reserve = app.settings().integer("disk.reserve_mb");
    let reserve = u64::try_from(reserve).unwrap_or_default() << 20;
    app.disk.look(&app.data, reserve)
}

/// Tells the listeners what they may still take.
pub(crate) fn hold(syslog: &Syslog, room: Room) {
    let everybody =
        (room >= Room::NoLogs).then(|| "the rest of the disk is kept for the records".to_owned());
    syslog.hold(room >= Room::NoStrangers, everybody);
}

/// Refuses what the disk has no room for any more.
///
/// # Errors
/// Unavailable from `last` on: `what` is not taken, because the rest is kept.
pub(crate) fn room_for(app: &App, last: Room, what: &str) -> Result<(), Problem> {
    // As it is now, not as it was when the alarm looked.
    let room = look(app).unwrap_or_else(|error| {
        tracing::error!(%error, "the disk's room is not known");
        app.disk.room()
    });
    if room < last {
        return Ok(());
    }
    Err(Problem::new(
        ProblemKind::Unavailable,
        Label::new(
            "Đĩa sắp đầy, phần còn lại dành cho cơ sở dữ liệu",
            "The disk is nearly full; the rest is kept for the records",
        ),
        what,
        Label::new(
            "Chưa lưu gì. Báo quản trị giải phóng dung lượng đĩa rồi gửi lại.",
            "Nothing was kept. Ask the administrator to make room on the disk, then send it again.",
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_less_room_the_fewer_are_taken() {
        let mib = |n: u64| n << 20;
        for (free, room) in [
            (mib(4_000), Room::Ample),
            (mib(2_048), Room::Ample),
            (mib(2_047), Room::NoStrangers),
            (mib(1_535), Room::NoAttachments),
            (mib(1_023), Room::NoImports),
            (mib(511), Room::NoLogs),
            (0, Room::NoLogs),
        ] {
            assert_eq!(Room::of(free, mib(512)), room, "{free}");
        }
        assert!(Room::NoLogs > Room::NoImports);
        // A disk too small to keep anything of.
        assert_eq!(Room::of(10, 0), Room::Ample);
    }
}
