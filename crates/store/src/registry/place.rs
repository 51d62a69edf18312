//! What a record stands below: organizations in their tree, sites and circuits on the way to
//! the hub. Nothing is written that makes a circle, or stands deeper than [`MOST_DEPTH`].

use std::collections::{BTreeSet, HashMap};

use domain::{
    id::Id,
    record::{Record, Value},
    schema::{MOST_DEPTH, Schema},
};

use crate::{Arg, StoreError, Tx, args, dialect};

/// A kind of thing that stands below others of its kind.
#[derive(Clone, Copy, PartialEq)]
enum Tree {
    Organizations,
    /// By the circuit that ends there where it has an address, as what is probed.
    Sites,
}

impl Tree {
    fn of(schema: &Schema) -> Option<Self> {
        match schema.noun.as_str() {
            "organization" => Some(Self::Organizations),
            "site" | "circuit" => Some(Self::Sites),
            _ => None,
        }
    }

    fn table(self) -> &'static str {
        match self {
            Self::Organizations => "organization",
            Self::Sites => "site",
        }
    }

    /// Each one's id, and the id of the one above it. For sites the same as in
    /// [`crate::target::list`], from site to site.
    fn edges(self) -> &'static str {
        match self {
            Self::Organizations => "SELECT id, parent_id AS above FROM organization",
            Self::Sites => {
                "SELECT s.id, CASE WHEN k.id IS NULL THEN s.parent_id ELSE k.z_site_id END AS above \
                 FROM site s LEFT JOIN circuit k ON k.id = (SELECT MIN(c.id) FROM circuit c \
                   WHERE c.a_site_id = s.id AND c.address IS NOT NULL AND c.status = 'active' \
                   AND c.a_site_id <> COALESCE(c.z_site_id, ''))"
            }
        }
    }
}

/// The fields of a noun by which something comes to stand elsewhere.
fn places(schema: &Schema) -> &'static [&'static str] {
    match schema.noun.as_str() {
        "organization" | "site" => &["parent"],
        "circuit" => &["a_site", "z_site", "address", "status"],
        _ => &[],
    }
}

/// The columns by which the record of that id stands where it does, as they are written;
/// none for a noun that stands nowhere.
pub(super) async fn standing(
    tx: &mut Tx,
    schema: &Schema,
    id: Id,
) -> Result<Option<Vec<Option<String>>>, StoreError> {
    let columns: Vec<String> = places(schema)
        .iter()
        .filter_map(|name| Some(schema.field(name)?.column()))
        .collect();
    if columns.is_empty() {
        return Ok(None);
    }
    let sql = format!(
        "SELECT {} FROM {} WHERE id = $1",
        columns.join(", "),
        schema.table()
    );
    let row = tx.fetch_one(&schema.noun, &sql, &args![id]).await?;
    row.map(|row| columns.iter().map(|c| row.opt_text(c)).collect())
        .transpose()
}

/// The same of a record that is to be written.
pub(super) fn wanted(schema: &Schema, record: &Record) -> Option<Vec<Option<String>>> {
    let places = places(schema);
    let text = |name: &&str| record.get(name).as_text().map(ToOwned::to_owned);
    (!places.is_empty()).then(|| places.iter().map(text).collect())
}

/// Holds the tree until the transaction ends: of two that move at once, the second sees what
/// the first did. Who only puts something new below another shares it with its like.
pub(super) async fn hold(tx: &mut Tx, schema: &Schema, alone: bool) -> Result<(), StoreError> {
    match Tree::of(schema) {
        Some(tree) => dialect::lock(tx, &format!("tree {}", tree.table()), alone).await,
        None => Ok(()),
    }
}

/// Whether new records of the noun stand below others.
pub(super) fn stands_below(schema: &Schema, records: &[Record]) -> bool {
    let below = |record: &Record| {
        let mut of = places(schema).iter().filter(|name| **name != "status");
        of.any(|name| *record.get(name) != Value::Null)
    };
    records.iter().any(below)
}

/// The site that a circuit, standing so, puts in its place: without the circuit it stands where
/// its own record says.
pub(super) fn left(schema: &Schema, standing: Option<&[Option<String>]>) -> Option<Id> {
    let a_site = standing?.first()?.as_deref()?;
    (schema.noun == "circuit").then(|| a_site.parse().ok())?
}

/// After records of the noun were written: refuses a circle and what stands too deep. `left` is
/// a site from which a circuit was taken away.
///
/// # Errors
/// [`StoreError::Circle`], [`StoreError::TooDeep`].
pub(super) async fn check(
    tx: &mut Tx,
    schema: &Schema,
    records: &[Record],
    left: Option<Id>,
) -> Result<(), StoreError> {
    let Some(tree) = Tree::of(schema) else {
        return Ok(());
    };
    let moved: BTreeSet<Id> = records
        .iter()
        .filter_map(|record| match schema.noun.as_str() {
            "circuit" => record.get("a_site").as_id(),
            _ => Some(record.id),
        })
        .chain(left)
        .collect();
    let moved: Vec<Id> = moved.into_iter().collect();
    for some in moved.chunks(400) {
        check_some(tx, schema, tree, some).await?;
    }
    Ok(())
}

async fn check_some(
    tx: &mut Tx,
    schema: &Schema,
    tree: Tree,
    moved: &[Id],
) -> Result<(), StoreError> {
    let args: Vec<Arg> = moved.iter().map(|id| (*id).into()).collect();
    let these: Vec<String> = (1..=args.len()).map(|i| format!("${i}")).collect();
    let walk = |from: &str, to: &str| {
        format!(
            "WITH RECURSIVE edge (id, above) AS ({}), walk (start, id, depth) AS ( \
               SELECT id, id, CAST(0 AS BIGINT) FROM {} WHERE id IN ({}) UNION ALL \
               SELECT walk.start, edge.{to}, walk.depth + 1 FROM walk JOIN edge ON edge.{from} = walk.id \
               WHERE edge.above IS NOT NULL AND walk.depth < {MOST_DEPTH})",
            tree.edges(),
            tree.table(),
            these.join(", "),
        )
    };
    let deepest =
        |walk: String| format!("{walk} SELECT start, MAX(depth) AS depth FROM walk GROUP BY start");
    let up = walk("id", "above");
    let sql = format!("{up} SELECT start, id FROM walk WHERE depth > 0 AND id = start LIMIT 1");
    if let Some(row) = tx.fetch_one(tree.table(), &sql, &args).await? {
        return Err(StoreError::Circle {
            noun: schema.noun.clone(),
            names: circle(tx, tree, row.parsed("start")?).await?,
        });
    }
    let mut depths: HashMap<Id, i64> = HashMap::new();
    for sql in [deepest(up), deepest(walk("above", "id"))] {
        for row in tx.fetch(tree.table(), &sql, &args).await? {
            *depths.entry(row.parsed("start")?).or_default() += row.int("depth")?;
        }
    }
    let most = i64::try_from(MOST_DEPTH).unwrap_or(i64::MAX);
    match depths.into_iter().find(|(_, depth)| *depth >= most) {
        None => Ok(()),
        Some((id, _)) => Err(StoreError::TooDeep {
            noun: schema.noun.clone(),
            name: name(tx, tree, id).await?,
        }),
    }
}

async fn name(tx: &mut Tx, tree: Tree, id: Id) -> Result<String, StoreError> {
    let sql = format!("SELECT name FROM {} WHERE id = $1", tree.table());
    let row = tx.fetch_one(tree.table(), &sql, &args![id]).await?;
    row.map_or(Ok(String::new()), |row| row.text("name"))
}

/// The names along a circle, from one in it to the one before it comes round again.
async fn circle(tx: &mut Tx, tree: Tree, start: Id) -> Result<Vec<String>, StoreError> {
    let sql = format!(
        "WITH edge (id, above) AS ({}) SELECT above FROM edge WHERE id = $1",
        tree.edges()
    );
    let (mut names, mut at) = (Vec::new(), start);
    while names.len() < MOST_DEPTH {
        names.push(name(tx, tree, at).await?);
        let row = tx.fetch_one(tree.table(), &sql, &args![at]).await?;
        match row.map_or(Ok(None), |row| row.opt_parsed("above"))? {
            Some(above) if above != start => at = above,
            _ => break,
        }
    }
    Ok(names)
}

/// Enters new organizations into the closure of the tree, which scopes are decided by.
pub(super) async fn grow(tx: &mut Tx, records: &[Record]) -> Result<(), StoreError> {
    for some in records.chunks(400) {
        let args: Vec<Arg> = some.iter().map(|record| record.id.into()).collect();
        let these: Vec<String> = (1..=args.len()).map(|i| format!("${i}")).collect();
        let sql = format!(
            "INSERT INTO organization_closure (ancestor_id, descendant_id, depth) \
             WITH RECURSIVE up (ancestor_id, descendant_id, depth) AS ( \
               SELECT id, id, CAST(0 AS BIGINT) FROM organization WHERE id IN ({}) UNION ALL \
               SELECT o.parent_id, up.descendant_id, up.depth + 1 FROM up \
               JOIN organization o ON o.id = up.ancestor_id \
               WHERE o.parent_id IS NOT NULL AND up.depth < {MOST_DEPTH}) \
             SELECT ancestor_id, descendant_id, MIN(depth) FROM up GROUP BY ancestor_id, descendant_id",
            these.join(", ")
        );
        tx.execute("organization tree", &sql, &args).await?;
    }
    Ok(())
}

/// Takes an organization, with what lies below it, from where it stood in the closure to
/// where it stands now.
pub(super) async fn transplant(tx: &mut Tx, id: Id) -> Result<(), StoreError> {
    let below = "(SELECT descendant_id FROM organization_closure WHERE ancestor_id = $1)";
    let sql = format!(
        "DELETE FROM organization_closure WHERE descendant_id IN {below} AND ancestor_id NOT IN {below}"
    );
    tx.execute("organization tree", &sql, &args![id]).await?;
    tx.execute(
        "organization tree",
        "INSERT INTO organization_closure (ancestor_id, descendant_id, depth) \
         SELECT a.ancestor_id, d.descendant_id, a.depth + d.depth + 1 \
         FROM organization o JOIN organization_closure a ON a.descendant_id = o.parent_id \
         JOIN organization_closure d ON d.ancestor_id = o.id WHERE o.id = $1",
        &args![id],
    )
    .await?;
    Ok(())
}
