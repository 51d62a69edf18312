//! Who may do what, to whose records.
//!
//! [`Actor::scope`] is the only maker of a [`Scope`], and the store asks for one
//! with every query: to forget the decision does not compile.

use serde::{Deserialize, Serialize};

use crate::{
    id::{AccountId, OrganizationId},
    label::Label,
    problem::Problem,
    schema::{Schema, Steward},
};

/// Something that an actor may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// See records, verdicts and the state of the network.
    Read,
    /// Write what a unit keeps: contacts, devices, books, attestations.
    Write,
    /// Write what the network centre keeps: organizations, circuits, prefixes, roles.
    Manage,
    /// Search the logs.
    Logs,
    /// Read the change journal.
    Journal,
    /// Make accounts, give roles, end sessions.
    Accounts,
    /// Change settings and adopt packs.
    Settings,
}

impl Permission {
    /// All of them, the least first.
    pub const ALL: [Permission; 7] = [
        Permission::Read,
        Permission::Write,
        Permission::Manage,
        Permission::Logs,
        Permission::Journal,
        Permission::Accounts,
        Permission::Settings,
    ];

    /// Its code in the database, in forms and in the API.
    pub fn code(self) -> &'static str {
        match self {
            Permission::Read => "read",
            Permission::Write => "write",
            Permission::Manage => "manage",
            Permission::Logs => "logs",
            Permission::Journal => "journal",
            Permission::Accounts => "accounts",
            Permission::Settings => "settings",
        }
    }

    /// The permission of that code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.code() == code)
    }

    /// Its name on the page.
    pub fn label(self) -> Label {
        match self {
            Permission::Read => Label::new("Xem hồ sơ và kết luận", "Read records and verdicts"),
            Permission::Write => Label::new("Ghi hồ sơ của đơn vị", "Write a unit's records"),
            Permission::Manage => Label::new(
                "Ghi hồ sơ của trung tâm mạng",
                "Write the network centre's records",
            ),
            Permission::Logs => Label::new("Tìm trong nhật ký thiết bị", "Search the logs"),
            Permission::Journal => Label::new("Đọc nhật ký thay đổi", "Read the change journal"),
            Permission::Accounts => Label::new("Quản lý tài khoản", "Manage accounts"),
            Permission::Settings => Label::new("Đổi thiết lập", "Change settings"),
        }
    }
}

/// A bundle of permissions that an account holds over a part of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Everything.
    Administrator,
    /// The network centre's staff: everything but accounts and settings.
    Operator,
    /// Reads all, including the journal and the logs; changes nothing.
    Auditor,
    /// A unit's IT officer: reads and writes what is the unit's.
    Officer,
    /// Reads what is in the subtree.
    Viewer,
}

impl Role {
    /// All roles, the most powerful first.
    pub const ALL: [Role; 5] = [
        Role::Administrator,
        Role::Operator,
        Role::Auditor,
        Role::Officer,
        Role::Viewer,
    ];

    /// Its code in the database and in the API.
    pub fn code(self) -> &'static str {
        match self {
            Role::Administrator => "administrator",
            Role::Operator => "operator",
            Role::Auditor => "auditor",
            Role::Officer => "officer",
            Role::Viewer => "viewer",
        }
    }

    /// The role of that code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.code() == code)
    }

    /// Its name on the page.
    pub fn label(self) -> Label {
        match self {
            Role::Administrator => Label::new("Quản trị viên", "Administrator"),
            Role::Operator => Label::new("Cán bộ vận hành", "Operator"),
            Role::Auditor => Label::new("Kiểm tra viên", "Auditor"),
            Role::Officer => Label::new("Cán bộ CNTT đơn vị", "Unit IT officer"),
            Role::Viewer => Label::new("Người xem", "Viewer"),
        }
    }

    /// Whether the role includes `permission`.
    pub fn allows(self, permission: Permission) -> bool {
        use Permission::{Accounts, Journal, Logs, Manage, Read, Settings, Write};
        match self {
            Role::Administrator => true,
            Role::Operator => !matches!(permission, Accounts | Settings),
            Role::Auditor => matches!(permission, Read | Logs | Journal),
            Role::Officer => matches!(permission, Read | Write | Logs),
            Role::Viewer => match permission {
                Read => true,
                Write | Manage | Logs | Journal | Accounts | Settings => false,
            },
        }
    }
}

/// A role over a subtree; `None` is the whole province.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// What may be done.
    pub role: Role,
    /// The root of the subtree.
    pub organization: Option<OrganizationId>,
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account, none for the console and for the program itself.
    pub account: Option<AccountId>,
    /// How the journal names the actor.
    pub name: String,
    /// What the actor holds.
    pub grants: Vec<Grant>,
    /// All that a token lets its bearer do of what the grants allow; none: no such limit.
    pub only: Option<Vec<Permission>>,
}

/// Whose records a query may touch. Only [`Actor`] makes one that reaches anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope(Reach);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reach {
    All,
    Subtrees(Vec<OrganizationId>),
}

impl Scope {
    /// The scope of who was asked for no authority: it reaches nothing.
    pub const fn nothing() -> Self {
        Self(Reach::Subtrees(Vec::new()))
    }

    /// The roots of the subtrees, or `None` when everything is in scope.
    pub fn roots(&self) -> Option<&[OrganizationId]> {
        match &self.0 {
            Reach::All => None,
            Reach::Subtrees(roots) => Some(roots),
        }
    }
}

impl Actor {
    /// The person at the machine's console, who owns the data folder.
    pub fn console() -> Self {
        Self::everything("console")
    }

    /// The program itself: reconcilers and jobs.
    pub fn system() -> Self {
        Self::everything("giềng")
    }

    fn everything(name: &str) -> Self {
        Self {
            account: None,
            name: name.into(),
            grants: vec![Grant {
                role: Role::Administrator,
                organization: None,
            }],
            only: None,
        }
    }

    /// Whether nothing but the grants limits `permission`.
    fn unlimited(&self, permission: Permission) -> bool {
        (self.only.as_ref()).is_none_or(|only| only.contains(&permission))
    }

    /// Decides whose records `permission` reaches.
    ///
    /// # Errors
    /// [`crate::problem::ProblemKind::Denied`] when no grant includes it.
    pub fn scope(&self, permission: Permission) -> Result<Scope, Problem> {
        self.scope_among(permission, &[])
    }

    /// Decides whose records of a noun the actor may read: those of the own reach, or
    /// everybody's where the book is shared with a role of theirs.
    ///
    /// # Errors
    /// Denied when the book is not for any of the actor's roles.
    pub fn reads(&self, schema: &Schema) -> Result<Scope, Problem> {
        let shared =
            |g: &Grant| g.role.allows(Permission::Read) && schema.shared_with.contains(&g.role);
        if self.unlimited(Permission::Read) && self.grants.iter().any(shared) {
            return Ok(Scope(Reach::All));
        }
        self.scope_among(Permission::Read, &schema.readers)
    }

    /// Decides whose records of a noun the actor may write.
    ///
    /// # Errors
    /// Denied when nobody's.
    pub fn writes(&self, schema: &Schema) -> Result<Scope, Problem> {
        if schema.observed.is_some() {
            return Err(Problem::denied(
                Label::new(
                    "Mục này do phần mềm tự ghi từ thiết bị, không ai nhập hay sửa",
                    "The program writes this as devices tell it; nobody types or changes it",
                ),
                schema.noun.clone(),
            ));
        }
        match (schema.writers.is_empty(), schema.steward) {
            (false, _) => self.scope_among(Permission::Write, &schema.writers),
            (true, Steward::Unit) => self.scope(Permission::Write),
            (true, Steward::Centre) => self.scope(Permission::Manage),
        }
    }

    /// The reach of `permission` over the grants whose role is one of `roles` (or the
    /// administrator's); over all grants where `roles` is empty.
    ///
    /// # Errors
    /// Denied when no such grant includes it.
    pub fn scope_among(&self, permission: Permission, roles: &[Role]) -> Result<Scope, Problem> {
        let named =
            |role: Role| roles.is_empty() || role == Role::Administrator || roles.contains(&role);
        let mut roots = Vec::new();
        for grant in self
            .grants
            .iter()
            .filter(|g| g.role.allows(permission) && named(g.role) && self.unlimited(permission))
        {
            match grant.organization {
                None => return Ok(Scope(Reach::All)),
                Some(root) => roots.push(root),
            }
        }
        if roots.is_empty() {
            return Err(Problem::denied(
                Label::new("Bạn không có quyền làm việc này", "You may not do this"),
                format!("{permission:?}").to_lowercase(),
            ));
        }
        Ok(Scope(Reach::Subtrees(roots)))
    }

    /// Whether `permission` reaches anything at all; for hiding what would be refused.
    pub fn may(&self, permission: Permission) -> bool {
        self.scope(permission).is_ok()
    }

    /// Whether `permission` reaches the whole province.
    pub fn may_everywhere(&self, permission: Permission) -> bool {
        self.scope(permission).is_ok_and(|s| s.roots().is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{id::Id, noun};

    #[test]
    fn a_book_says_who_reads_and_who_writes_it() {
        let unit = OrganizationId(Id::new(1));
        let with = |role| Actor {
            account: None,
            name: "a".into(),
            grants: vec![Grant {
                role,
                organization: Some(unit),
            }],
            only: None,
        };
        let plain = noun::get("contact").unwrap().clone();
        let book = Schema {
            writers: vec![Role::Operator],
            readers: vec![Role::Operator, Role::Auditor],
            ..plain.clone()
        };
        let shared = Schema {
            shared_with: vec![Role::Officer],
            ..book.clone()
        };
        assert!(with(Role::Officer).writes(&plain).is_ok());
        assert!(with(Role::Officer).writes(&book).is_err());
        assert!(with(Role::Officer).reads(&book).is_err());
        assert!(with(Role::Viewer).reads(&shared).is_err());
        assert_eq!(with(Role::Officer).reads(&shared).unwrap().roots(), None);
        for role in [Role::Operator, Role::Administrator] {
            let scope = with(role).writes(&book).unwrap();
            assert_eq!(scope.roots(), Some(&[unit][..]));
        }
        let scope = with(Role::Auditor).reads(&book).unwrap();
        assert_eq!(scope.roots(), Some(&[unit][..]));
        assert!(with(Role::Auditor).writes(&book).is_err());
        // A token that may only search the logs reads no book, shared or not.
        let token = Actor {
            only: Some(vec![Permission::Logs]),
            ..with(Role::Officer)
        };
        assert!(token.reads(&shared).is_err() && token.reads(&plain).is_err());
        assert!(token.writes(&plain).is_err());
        assert_eq!(
            token.scope(Permission::Logs).unwrap().roots(),
            Some(&[unit][..])
        );
        // And it does not get what the account does not have.
        let token = Actor {
            only: Some(Permission::ALL.to_vec()),
            ..with(Role::Officer)
        };
        assert!(token.scope(Permission::Journal).is_err());
        for permission in Permission::ALL {
            assert_eq!(Permission::from_code(permission.code()), Some(permission));
        }
    }

    #[test]
    fn an_officer_reaches_only_the_own_subtree() {
        let unit = OrganizationId(Id::new(1));
        let officer = Actor {
            account: None,
            name: "a".into(),
            grants: vec![Grant {
                role: Role::Officer,
                organization: Some(unit),
            }],
            only: None,
        };
        assert_eq!(
            officer.scope(Permission::Read).unwrap().roots(),
            Some(&[unit][..])
        );
        assert!(officer.scope(Permission::Manage).is_err());
        assert!(officer.scope(Permission::Journal).is_err());
        assert!(
            Actor::console()
                .scope(Permission::Settings)
                .unwrap()
                .roots()
                .is_none()
        );
    }
}
