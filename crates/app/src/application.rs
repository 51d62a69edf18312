//! The program's state, shared by all its parts.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use domain::{
    clock::Clock,
    label::Label,
    noun,
    problem::Problem,
    schema::{Kind, Schema},
};
use policy::{Library, facts};
use store::{Db, StoreError, journal::Sealing};

use crate::{
    Core, account,
    assess::Assess,
    attachment,
    disk::Disk,
    evidence,
    examiner::Examiner,
    flow,
    fresh::{Fresh, Mark},
    keyring::Keyring,
    live::{Live, Topic},
    logs::Logs,
    queue::Queue,
    registry::running::Runs,
    search::Index,
    setting::Settings,
    supervise::Courses,
    upkeep::Upkeep,
    watch::Watch,
};

// What is observed and judged, as it is touched (see [`store::Tx::touch`]): by table, where the
// program writes it without a journal entry.

/// States of targets that turned.
pub(crate) const TARGETS: &str = "target_state";
/// Outages that began, ended or were looked at again.
pub(crate) const OUTAGES: &str = "outage";
/// The time of targets so far.
pub(crate) const TIMES: &str = "availability_day";
/// When each target last answered, and its time so far, which is judged with the minute.
pub(crate) const COUNTED: &str = "counted";
/// Verdicts and duties.
pub(crate) const VERDICTS: &str = "verdicts";
/// When each sender last sent.
pub(crate) const LOG_SOURCES: &str = "log_source";

/// How the program is set up.
#[derive(Clone, Debug)]
pub struct AppConfig {
    /// Where everything lies.
    pub data: PathBuf,
    /// Where `vault.key` and `data.key` lie; the data folder without it.
    pub keys: Option<PathBuf>,
    /// `postgres://…`, or nothing for SQLite in the data folder.
    pub database: Option<String>,
    /// A folder with a province's own packs; the built-in ones otherwise.
    pub policy: Option<PathBuf>,
    /// The time.
    pub clock: Clock,
    /// Whether this process writes the vault (one may); others read beside it.
    pub writer: bool,
    /// The name under which the vault signs (a host name and path).
    pub origin: String,
    /// What reads files of people: `EXAMINER examine …`, the program itself in production.
    pub examiner: PathBuf,
}

impl AppConfig {
    /// Where the keys lie.
    pub(crate) fn keys(&self) -> &Path {
        self.keys.as_deref().unwrap_or(&self.data)
    }
}

/// The program cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data folder.
    #[error("cannot use the data folder {path}")]
    Data {
        /// The folder.
        path: PathBuf,
        /// The system's word.
        #[source]
        source: std::io::Error,
    },
    /// A key is not where it should be, and what it was used for is.
    #[error(
        "{key} is missing, and {what} was made with it: put it back from where it is kept, or \
         say where it lies (--keys, GIENG_KEYS); no new key is made"
    )]
    KeyMissing {
        /// The key's file.
        key: PathBuf,
        /// What was sealed or signed with it.
        what: &'static str,
    },
    /// The key is another one than the journal, or a setting, was sealed with.
    #[error(
        "{key} is not the key with which this installation's journal and settings were sealed: put \
         the right one there, or say where it lies (--keys, GIENG_KEYS)"
    )]
    OtherKey {
        /// The key's file.
        key: PathBuf,
    },
    /// The records.
    #[error("cannot open the records")]
    Store(#[from] StoreError),
    /// The packs.
    #[error("cannot load the packs")]
    Policy(#[from] policy::LoadError),
    /// The vault.
    #[error("cannot open the log vault")]
    Vault(#[from] vault::Error),
}

/// The program. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// What the parts share; reached through [`App`].
pub struct Inner {
    core: Core,
    /// Where files lie.
    pub data: PathBuf,
    /// Seals what shall not be read on disk.
    pub keys: Keyring,
    /// Reads files of people in a child process.
    pub examiner: Examiner,
    /// What pages are told.
    pub live: Live,
    /// The logs.
    pub logs: Logs,
    /// The folder of the province's own packs; the built-in ones without it.
    pub(crate) policy: Option<PathBuf>,
    /// Room on the disk.
    pub disk: Disk,
    /// What is looked after of the program itself.
    pub upkeep: Upkeep,
    /// How what runs by itself goes.
    pub tasks: Courses,
    /// What this process is called where one of several does a piece of work.
    pub(crate) lease_holder: String,
    /// Takes care that hashing passwords leaves room for everything else.
    pub(crate) hashing: account::Hashing,
    pub(crate) watch: Watch,
    /// Imports that run, or have run a while ago.
    pub(crate) imports: Runs,
    /// Who takes in a table, and who waits to.
    pub(crate) importing: Queue,
    /// Work for readers that takes seconds.
    pub(crate) heavy: Queue,
    /// How many flows wait for each account.
    pub(crate) waiting: flow::Counts,
    /// What running flows began with.
    pub(crate) definitions: flow::Definitions,
    pub(crate) assess: Assess,
    /// How far the registry has come.
    pub(crate) mark: Mark,
    /// What the search box looks through, by that mark and the packs' hash.
    pub(crate) index: Fresh<(i64, String), Index>,
    library: RwLock<Arc<Library>>,
    settings: RwLock<Arc<Settings>>,
    /// Held from the reading of the settings until they hold: of two readings at once, the one
    /// that began before a change must not end after the other.
    reloading: tokio::sync::Mutex<()>,
}

impl std::ops::Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl std::ops::Deref for Inner {
    type Target = Core;

    fn deref(&self) -> &Core {
        &self.core
    }
}

impl App {
    /// Opens records, packs and vault. Nothing runs until [`crate::task::start`].
    ///
    /// # Errors
    /// [`OpenError`] names the part that does not open.
    pub async fn open(config: AppConfig) -> Result<Self, OpenError> {
        tokio::fs::create_dir_all(&config.data)
            .await
            .map_err(|source| OpenError::Data {
                path: config.data.clone(),
                source,
            })?;
        let data = |source| OpenError::Data {
            path: config.data.clone(),
            source,
        };
        let place = config.keys();
        let key = place.join("data.key");
        let lacks_key = !Keyring::is_there(place);
        let missing = |what| OpenError::KeyMissing {
            key: key.clone(),
            what,
        };
        if lacks_key && attachment::any_sealed(&config.data).map_err(data)? {
            return Err(missing("every attachment"));
        }
        if config.writer {
            match crate::private::mend(&config.data) {
                Ok(0) => {}
                Ok(mended) => tracing::warn!(
                    mended,
                    "others could read files of the data folder; no longer"
                ),
                // One file that is another's must not stop pages, probes and duties.
                Err(error) => {
                    tracing::error!(%error, "others may be able to read files of the data folder");
                }
            }
        }
        let url = config
            .database
            .clone()
            .unwrap_or_else(|| config.data.join("records.db").display().to_string());
        let db = Db::open(&url).await?;
        if lacks_key && store::sealed::any(&db).await? {
            return Err(missing("a secret in the database"));
        }
        tokio::fs::create_dir_all(place).await.map_err(data)?;
        let keys = Keyring::open(place).map_err(data)?;
        if config.writer {
            let sealed = attachment::seal_old(&config.data, &keys).map_err(data)?;
            if sealed > 0 {
                tracing::info!(sealed, "attachments are sealed now");
            }
        }
        let library = match &config.policy {
            Some(folder) => Library::load(&policy::Directory::new(folder))?,
            None => Library::load(&policy::Embedded)?,
        };
        let sealing = Sealing::new(&keys.derive("gieng journal v1"));
        let db = db.sealing_with(sealing);
        if store::sealed::is_of_another_key(&db).await? {
            return Err(OpenError::OtherKey { key });
        }
        store::book::make_views(&db, library.registers.values()).await?;
        let settings = Settings::load(&db, &keys).await?;
        if settings.has_unread_secrets() {
            return Err(OpenError::OtherKey { key });
        }
        let logs = Logs::open(&config, &db).await?;
        let writer = config.writer;
        let lease_holder = crate::lease::holder(&db);
        let app = Self(Arc::new(Inner {
            lease_holder,
            core: Core {
                db,
                clock: config.clock,
            },
            data: config.data,
            keys,
            examiner: Examiner::new(config.examiner),
            live: Live::default(),
            logs,
            policy: config.policy,
            disk: Disk::default(),
            upkeep: Upkeep::default(),
            tasks: Courses::default(),
            hashing: account::Hashing::new(),
            watch: Watch::default(),
            imports: Runs::default(),
            importing: Queue::default(),
            heavy: Queue::default(),
            waiting: flow::Counts::default(),
            definitions: flow::Definitions::default(),
            assess: Assess::default(),
            mark: Mark::default(),
            index: Fresh::default(),
            library: RwLock::new(Arc::new(library)),
            settings: RwLock::new(Arc::new(settings)),
            reloading: tokio::sync::Mutex::default(),
        }));
        let program = Arc::downgrade(&app.0);
        app.db.on_commit(move |touched| {
            if let Some(program) = program.upgrade() {
                let app = Self(program);
                touched.iter().for_each(|view| app.changed(view));
            }
        });
        if writer && let Err(problem) = account::seal_secrets(&app).await {
            tracing::error!(%problem, "second factors could not be sealed");
        }
        if writer {
            crate::setting::seal_old(&app).await?;
            evidence::baseline(&app).await?;
        }
        Ok(app)
    }

    /// The packs in force.
    pub fn library(&self) -> Arc<Library> {
        self.library
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The settings in force.
    pub fn settings(&self) -> Arc<Settings> {
        self.settings
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Reads the settings again; whether they are others than before.
    pub(crate) async fn reload_settings(&self) -> Result<bool, StoreError> {
        let _alone = self.reloading.lock().await;
        let fresh = Arc::new(Settings::load(&self.db, &self.keys).await?);
        let mut held = self
            .settings
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let changed = *held != fresh;
        *held = fresh;
        Ok(changed)
    }

    /// The schema of a registry noun or of a book.
    ///
    /// # Errors
    /// Not found.
    pub fn schema(&self, name: &str) -> Result<Arc<Schema>, Problem> {
        let library = self.library();
        let registry = noun::get(name).cloned();
        let found = registry.or_else(|| library.registers.get(name).cloned().map(Schema::as_book));
        found
            .map(|schema| Arc::new(schema.choose_from(|from| library.choices(from))))
            .ok_or_else(|| Problem::not_found(&Label::new("loại bản ghi", "noun"), name))
    }

    /// Takes up what other processes wrote since the last time: what stands in `unheard`, which
    /// keeps what could not be taken up yet.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn hear(&self, unheard: &mut BTreeSet<String>) -> Result<(), StoreError> {
        unheard.extend(self.db.news().await?);
        if unheard.contains("setting") {
            self.reload_settings().await?;
        }
        for view in std::mem::take(unheard) {
            match view.as_str() {
                VERDICTS => self.assess.written_elsewhere(),
                view => self.changed(view),
            }
        }
        Ok(())
    }

    /// What stands in `noun` changed: pages fetch again, what is probed and who sends logs is
    /// read again, and the checks that read it run again. Every commit calls it for what it
    /// touched.
    pub(crate) fn changed(&self, noun: &str) {
        let topic = match noun {
            store::alarm::VIEW => return self.live.tell(Topic::Alarms),
            COUNTED => return self.watch.wrote(),
            // Who judged knows what it wrote.
            VERDICTS => return,
            TARGETS => {
                self.watch.wrote();
                Topic::Network
            }
            OUTAGES => Topic::Network,
            LOG_SOURCES | store::evidence::TABLE => Topic::Logs,
            _ => Topic::Records,
        };
        if matches!(
            noun,
            "flow" | "flow-event" | "flow-substitute" | "document" | "account" | "organization"
        ) {
            self.waiting.changed();
        }
        self.assess
            .poke(judged_by(noun, self.library().registers.get(noun)));
        if matches!(
            noun,
            "organization" | "site" | "circuit" | "device" | "prefix" | "claim" | "setting"
        ) {
            self.watch.poke();
            self.logs.poke();
        }
        self.live.tell(topic);
    }

    /// Puts what waits on disk and closes everything; the program ends.
    pub async fn close(&self) {
        evidence::settle(self).await;
        self.logs.close().await;
        self.db.close().await;
    }

    /// The files that belong to a schema: names of its file fields.
    pub fn file_fields(schema: &Schema) -> impl Iterator<Item = &str> {
        schema
            .fields
            .iter()
            .filter(|f| f.kind == Kind::File)
            .map(|f| f.name.as_str())
    }
}

/// What the engine reads, and is told when what stands in `noun` (or in this book) changed: the
/// views whose texts read its table, and what it asks for itself.
fn judged_by(noun: &str, book: Option<&Schema>) -> BTreeSet<String> {
    let table = book.map_or_else(|| noun.replace('-', "_"), Schema::table);
    let mut views: BTreeSet<String> = facts::reading(&table).map(str::to_owned).collect();
    views.extend(book.map(Schema::view));
    let itself = match noun {
        "exemption" | "adoption" | "setting" => Some("engine"),
        "attestation" => Some("attestation"),
        _ => None,
    };
    views.extend(itself.map(str::to_owned));
    views
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever adds a view of what nobody touches hears of it here: its checks would run with the
    /// minute alone.
    #[test]
    fn every_fact_view_is_reached_by_something_that_is_touched() {
        let library = Library::load(&policy::Embedded).unwrap();
        let nouns = noun::all().iter().map(|schema| schema.noun.as_str());
        // Journaled under another word than a noun of the registry.
        let journaled = ["account", "claim", "log-claim"];
        // Touched when the list of words has changed.
        let unsaid = "unsaid";
        let observed = [
            TARGETS,
            OUTAGES,
            LOG_SOURCES,
            store::evidence::TABLE,
            unsaid,
        ];
        let mut reached: BTreeSet<String> = nouns
            .chain(journaled)
            .chain(observed)
            .flat_map(|word| judged_by(word, None))
            .collect();
        for (name, book) in &library.registers {
            let views = judged_by(name, Some(book));
            assert!(views.contains(&book.view()) && views.contains("fact_entry"));
            reached.extend(views);
        }
        for view in facts::all() {
            assert!(reached.contains(view.name), "{} is never poked", view.name);
        }
        let with_the_minute = crate::watch::facts();
        assert!(with_the_minute.contains("fact_availability"));
    }

    /// A change must not judge all anew: what a noun pokes is counted.
    #[test]
    fn a_change_pokes_what_reads_it_and_no_more() {
        let count = |noun: &str| judged_by(noun, None).len();
        let nouns = [
            ("organization", 2),
            ("role-assignment", 1),
            ("contact", 1),
            ("site", 3),
            ("circuit", 3),
            ("device", 4),
            ("prefix", 1),
            ("claim", 3),
            ("account", 1),
            ("exemption", 1),
            ("attestation", 1),
            ("letterhead", 0),
            (TARGETS, 1),
            (OUTAGES, 1),
            (LOG_SOURCES, 1),
        ];
        for (noun, views) in nouns {
            assert_eq!(count(noun), views, "{noun}: {:?}", judged_by(noun, None));
        }
    }
}
