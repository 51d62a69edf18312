//! What claims are held against: who asks, which prefixes are whose, where this machine is.

use std::{
    collections::{BTreeSet, HashMap},
    net::IpAddr,
};

use domain::{
    authority::{Permission, Scope},
    claim::ClaimKind,
    id::OrganizationId,
    net::{self, Prefix},
    parse::ProbeMethod,
    problem::{FieldProblem, Problem},
    record::Record,
    schema::{Kind, Schema, Steward},
};
use observe::machine::{self, Interface};
use store::{
    StoreError, Tx,
    claim::{self, Allocated},
    registry,
};

use crate::{App, Ctx};

/// The prefixes in force around some addresses.
#[derive(Default)]
struct Prefixes {
    owners: HashMap<Prefix, Option<OrganizationId>>,
    /// The lengths that there are, the narrowest last.
    lengths: BTreeSet<u8>,
}

impl Prefixes {
    fn new(all: Vec<Allocated>) -> Self {
        Self {
            lengths: all.iter().map(|a| a.prefix.length()).collect(),
            owners: (all.into_iter().map(|a| (a.prefix, a.organization))).collect(),
        }
    }

    /// The narrowest one that holds `address` and has fewer than `below` fixed bits.
    fn around(&self, address: IpAddr, below: u8) -> Option<Allocated> {
        let lengths = self.lengths.range(..below).rev();
        let of = |length: &u8| {
            let prefix = Prefix::around(address, *length)?;
            let organization = *self.owners.get(&prefix)?;
            Some(Allocated {
                prefix,
                organization,
            })
        };
        lengths.filter_map(of).next()
    }
}

/// So long that every prefix has fewer bits.
const ANY: u8 = u8::MAX;

/// What the claims of some records are held against, within one transaction.
pub(crate) struct Ground {
    manages: Option<Scope>,
    writes: Option<Scope>,
    centre: HashMap<Option<OrganizationId>, bool>,
    prefixes: Prefixes,
    interfaces: Vec<Interface>,
    ports: BTreeSet<u16>,
}

/// The ports of a setting: numbers, comma-separated.
pub(crate) fn ports(text: &str) -> BTreeSet<u16> {
    (text.split(',').filter_map(|p| p.trim().parse().ok())).collect()
}

fn address(kind: ClaimKind, value: &str) -> Option<IpAddr> {
    match kind {
        ClaimKind::Address => net::parse_address(value).ok(),
        ClaimKind::Prefix => Some(value.parse::<Prefix>().ok()?.address()),
        ClaimKind::LogName => None,
    }
}

/// The addresses that the records of a noun name.
fn addresses<'a>(schema: &'a Schema, records: impl IntoIterator<Item = &'a Record>) -> Vec<IpAddr> {
    let fields = || schema.fields.iter().filter_map(|f| Some((f.claims?, f)));
    let of =
        |record: &'a Record| fields().filter_map(|(kind, f)| address(kind, record.text(&f.name)));
    records.into_iter().flat_map(of).collect()
}

impl Ground {
    /// Reads what the claims of these records are held against.
    pub(crate) async fn load<'a>(
        app: &App,
        ctx: &Ctx,
        tx: &mut Tx,
        schema: &'a Schema,
        records: impl IntoIterator<Item = &'a Record>,
    ) -> Result<Self, Problem> {
        let addresses = addresses(schema, records);
        Self::around(app, ctx, tx, &addresses)
            .await
            .map_err(Problem::from)
    }

    /// Reads what claims to these addresses are held against.
    pub(super) async fn around(
        app: &App,
        ctx: &Ctx,
        tx: &mut Tx,
        addresses: &[IpAddr],
    ) -> Result<Self, StoreError> {
        Ok(Self {
            manages: ctx.actor.scope(Permission::Manage).ok(),
            writes: ctx.actor.scope(Permission::Write).ok(),
            centre: HashMap::new(),
            prefixes: Prefixes::new(claim::prefixes(tx, addresses).await?),
            interfaces: if addresses.is_empty() {
                Vec::new()
            } else {
                machine::interfaces()
            },
            ports: ports(&app.settings().text("probe.ports")),
        })
    }

    /// Whether the actor speaks for the network centre of the province in which a unit stands;
    /// for what is no unit's, that of all.
    pub(super) async fn is_centre(
        &mut self,
        tx: &mut Tx,
        unit: Option<OrganizationId>,
    ) -> Result<bool, StoreError> {
        let Some(scope) = &self.manages else {
            return Ok(false);
        };
        if let Some(known) = self.centre.get(&unit) {
            return Ok(*known);
        }
        let is = match unit {
            _ if scope.roots().is_none() => true,
            Some(unit) => registry::covers_head(tx, scope, unit).await?,
            None => false,
        };
        self.centre.insert(unit, is);
        Ok(is)
    }

    /// Whether a value lies where the actor may give it to the unit: for the centre, anywhere but
    /// in another province's prefix; for a unit, in a prefix of its own, or of one above it that
    /// the actor writes for too. The narrowest prefix counts. `strictly`: only the unit's own.
    pub(super) async fn is_inside(
        &mut self,
        tx: &mut Tx,
        kind: ClaimKind,
        value: &str,
        unit: OrganizationId,
        strictly: bool,
    ) -> Result<bool, StoreError> {
        let Some(at) = address(kind, value) else {
            return Ok(false);
        };
        let below = match value.parse::<Prefix>() {
            Ok(prefix) if kind == ClaimKind::Prefix => prefix.length(),
            _ => ANY,
        };
        let allocated = self.prefixes.around(at, below).and_then(|a| a.organization);
        if !strictly && self.is_centre(tx, Some(unit)).await? {
            return match (&self.manages, allocated) {
                (Some(scope), Some(other)) if scope.roots().is_some() => {
                    registry::covers(tx, scope, other).await
                }
                _ => Ok(true),
            };
        }
        match (allocated, &self.writes) {
            (Some(other), _) if other == unit => Ok(true),
            (Some(other), Some(scope)) if !strictly => Ok(registry::is_below(tx, unit.0, other.0)
                .await?
                && registry::covers(tx, scope, other).await?),
            _ => Ok(false),
        }
    }

    /// What of a record cannot be said at all, or not by this actor, whatever is granted.
    /// What is as it was is not asked about again.
    pub(crate) async fn examine(
        &mut self,
        tx: &mut Tx,
        schema: &Schema,
        before: Option<&Record>,
        record: &Record,
    ) -> Result<Vec<FieldProblem>, Problem> {
        let mut wrong = Vec::new();
        let unit = record.owner(schema);
        for field in &schema.fields {
            let value = record.get(&field.name);
            let was = before.map(|b| b.get(&field.name));
            // "No" says of a field that the centre sets what a blank says.
            let says = |v: &domain::record::Value| {
                !v.is_null() && *v != domain::record::Value::Boolean(false)
            };
            if was == Some(value) || (!says(value) && !was.is_some_and(says)) {
                continue;
            }
            let text = record.text(&field.name);
            let centre = self.is_centre(tx, unit).await?;
            let name = &field.name;
            if field.steward == Steward::Centre && schema.steward == Steward::Unit && !centre {
                wrong.push(FieldProblem::new(
                    name,
                    "Chỉ trung tâm mạng khai báo mục này",
                    "Only the network centre declares this",
                ));
            }
            if field.claims == Some(ClaimKind::LogName)
                && !text.is_empty()
                && ClaimKind::LogName.key(text).is_none()
            {
                wrong.push(FieldProblem::new(
                    name,
                    "Ghi đúng tên có trong dòng nhật ký: chữ, số, dấu ASCII, không có khoảng trắng",
                    "Write the name as the lines have it: letters, digits, signs of ASCII, without blanks",
                ));
            }
            if field.claims == Some(ClaimKind::Address)
                && let Ok(address) = net::parse_address(text)
            {
                wrong.extend(self.cannot_be_probed(name, address, centre));
            }
            if field.kind == Kind::Probe
                && !centre
                && let Ok(ProbeMethod::Tcp(port)) = text.parse()
                && !self.ports.contains(&port)
            {
                let allowed: Vec<String> = self.ports.iter().map(u16::to_string).collect();
                let allowed = allowed.join(", ");
                wrong.push(FieldProblem::new(
                    name,
                    format!("Đơn vị chỉ dò được các cổng {allowed}; cổng khác do trung tâm đặt"),
                    format!("A unit may have the ports {allowed} probed; the centre sets others"),
                ));
            }
        }
        Ok(wrong)
    }

    /// Why nothing of the network can be probed at an address.
    fn cannot_be_probed(&self, field: &str, address: IpAddr, centre: bool) -> Option<FieldProblem> {
        let allocated = self.prefixes.around(address, ANY);
        let edge = allocated.filter(|a| a.prefix.is_edge(address));
        if let Some(Allocated { prefix, .. }) = edge {
            return Some(FieldProblem::new(
                field,
                format!(
                    "{address} là địa chỉ mạng hoặc quảng bá của {prefix}. Nếu dải này còn chia nhỏ, hãy khai báo dải nhỏ trước"
                ),
                format!(
                    "{address} is the network or broadcast address of {prefix}. Where that is divided further, enter the smaller prefix first"
                ),
            ));
        }
        if self.interfaces.iter().any(|i| i.broadcast == Some(address)) {
            return Some(FieldProblem::new(
                field,
                format!("{address} là địa chỉ quảng bá của mạng mà máy chủ này nối vào"),
                format!("{address} is the broadcast address of a network of this server"),
            ));
        }
        let own = address.is_loopback() || self.interfaces.iter().any(|i| i.address == address);
        // The centre may watch its own server. ::1 is never anything else, while 127.0.0.0/8 has
        // room for a test network; a prefix in force says that it is one.
        let meant =
            allocated.is_some() || (centre && !(address.is_ipv6() && address.is_loopback()));
        (own && !meant).then(|| {
            FieldProblem::new(
                field,
                format!("{address} là địa chỉ của chính máy chủ này"),
                format!("{address} is this server's own address"),
            )
        })
    }
}
