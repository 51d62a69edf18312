//! The letterhead of a paper: what the body's record says, and where it says nothing, what
//! follows from the body's name and kind.

use std::collections::BTreeMap;

use domain::{id::OrganizationId, paper::Form, problem::Problem};
use policy::document::Template;
use store::assessment::Unit;

use super::ground::Ground;
use crate::App;

/// The prefix under which a paper's letterhead is kept among what persons wrote.
const PREFIX: &str = "head.";

/// What stands around the text of one paper; all of it may be changed for that paper.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letterhead {
    /// The issuing body, `Ủy ban nhân dân phường Long Châu`.
    pub body: String,
    /// The body above it; empty for none.
    pub superior: String,
    /// The body's part of the number, `UBND`.
    pub symbol: String,
    /// `TM. ỦY BAN NHÂN DÂN`; empty when the head signs in their own right.
    pub capacity: String,
    /// `CHỦ TỊCH`.
    pub signer_title: String,
    /// One a line.
    pub recipients: String,
}

impl Letterhead {
    /// Its fields by name.
    pub fn fields(&self) -> [(&'static str, &str); 6] {
        [
            ("body", &self.body),
            ("superior", &self.superior),
            ("symbol", &self.symbol),
            ("capacity", &self.capacity),
            ("signer_title", &self.signer_title),
            ("recipients", &self.recipients),
        ]
    }

    /// The name of a field among what persons wrote.
    pub(super) fn id(name: &str) -> String {
        format!("{PREFIX}{name}")
    }

    /// As it is kept among what persons wrote.
    pub(super) fn kept(&self) -> impl Iterator<Item = (String, String)> {
        self.fields()
            .map(|(name, text)| (Self::id(name), text.to_owned()))
            .into_iter()
    }

    /// Whether a name among what persons wrote is one of its fields.
    pub(super) fn is_field(name: &str) -> bool {
        name.strip_prefix(PREFIX).is_some_and(|name| {
            Self::default()
                .fields()
                .iter()
                .any(|(known, _)| *known == name)
        })
    }

    /// A paper's own; of one that was begun before there were letterheads, what it had.
    pub(super) fn of(
        template: Option<&Template>,
        written: &BTreeMap<String, String>,
        names: &BTreeMap<String, String>,
    ) -> Self {
        let said = |name: &str| names.get(name).cloned().unwrap_or_default();
        let signature = template.and_then(|t| t.signatures.last());
        let old = |name: &str| match name {
            "body" => said("unit"),
            "superior" => said("parent"),
            "symbol" => said("unit_code"),
            "capacity" => signature.map_or_else(String::new, |s| s.capacity.clone()),
            "signer_title" => signature.map_or_else(String::new, |s| s.title.clone()),
            _ => template.map_or_else(String::new, |t| t.recipients.join("\n")),
        };
        let text = |name: &str| {
            let own = written.get(&Self::id(name));
            own.cloned().unwrap_or_else(|| old(name))
        };
        Self {
            body: text("body"),
            superior: text("superior"),
            symbol: text("symbol"),
            capacity: text("capacity"),
            signer_title: text("signer_title"),
            recipients: text("recipients"),
        }
    }
}

/// What a new paper begins with.
pub(super) struct First {
    /// Around its text.
    pub letterhead: Letterhead,
    /// The place in its heading.
    pub place: String,
    /// Who signs.
    pub signer: String,
}

/// The letterhead of a body for a new paper.
///
/// # Errors
/// Not found for an unknown body, unavailable.
pub(super) async fn first(
    app: &App,
    ground: &Ground,
    template: &Template,
    author: OrganizationId,
    province: &str,
) -> Result<First, Problem> {
    let schema = app.schema("letterhead")?;
    let id = store::document::letterhead(&app.db, author).await?;
    let own = store::registry::by_ids(&app.db, &schema, id.as_slice()).await?;
    let said = |name: &str| {
        let text = own.first().and_then(|r| r.get(name).as_text());
        text.map(str::to_owned).filter(|text| !text.is_empty())
    };
    let unit = ground.unit(author)?;
    let above = ground.line(author);
    let superior = said("superior").unwrap_or_else(|| superior(&above, template.form, province));
    let signature = template.signatures.last();
    let committee = unit.kind == COMMITTEE;
    let capacity = match signature.map(|s| s.capacity.as_str()) {
        Some("") if committee => "TM. ỦY BAN NHÂN DÂN",
        given => given.unwrap_or_default(),
    };
    let title = match signature.map(|s| s.title.as_str()) {
        Some(_) if committee => "CHỦ TỊCH",
        given => given.unwrap_or_default(),
    };
    Ok(First {
        letterhead: Letterhead {
            body: said("body").unwrap_or_else(|| full_name(unit)),
            superior: if superior == "-" {
                String::new()
            } else {
                superior
            },
            symbol: said("symbol").unwrap_or_else(|| symbol(unit)),
            capacity: said("capacity").unwrap_or_else(|| capacity.to_owned()),
            signer_title: said("signer_title").unwrap_or_else(|| title.to_owned()),
            recipients: recipients(&template.recipients, said("recipients").as_deref()),
        },
        place: said("place").unwrap_or_else(|| place(&above, province)),
        signer: said("signer").unwrap_or_default(),
    })
}

/// The kind of People's Committees.
const COMMITTEE: &str = "people-committee";
/// The kind of Party bodies.
const PARTY: &str = "party";
/// How the name of an administrative unit begins.
const TERRITORIES: [&str; 7] = [
    "tỉnh",
    "thành phố",
    "quận",
    "huyện",
    "xã",
    "phường",
    "đặc khu",
];

/// A People's Committee is entered as the commune that it governs, or by its own name.
fn full_name(unit: &Unit) -> String {
    let territory = TERRITORIES
        .iter()
        .find(|word| unit.name.to_lowercase().starts_with(*word));
    match territory {
        Some(word) if unit.kind == COMMITTEE => {
            let name: String = unit.name.chars().skip(word.chars().count()).collect();
            format!("Ủy ban nhân dân {word}{name}")
        }
        _ => unit.name.replacen("UBND", "Ủy ban nhân dân", 1),
    }
}

/// A Party body stands below a Party body, one of the State below one of the State.
fn superior(line: &[&Unit], form: Form, province: &str) -> String {
    let party = form == Form::Party;
    let above = line.iter().skip(1).find(|u| (u.kind == PARTY) == party);
    match (above, line.first()) {
        (Some(unit), _) => full_name(unit),
        (None, Some(own)) if party && own.name.contains("Tỉnh ủy") => {
            let cut = own.name.find("Tỉnh ủy").unwrap_or(0);
            // "Văn phòng Tỉnh ủy" is below it, "Tỉnh ủy Vĩnh Long" is it.
            match cut {
                0 => String::new(),
                _ => format!("Tỉnh ủy {}", territory(province))
                    .trim_end()
                    .to_owned(),
            }
        }
        _ => String::new(),
    }
}

/// The initials of the body's name, as offices shorten it: `Sở Khoa học và Công nghệ` is
/// `SKHCN`; every People's Committee is `UBND`.
fn symbol(unit: &Unit) -> String {
    if unit.kind == COMMITTEE {
        return "UBND".into();
    }
    let name = ["tỉnh", "thành phố"]
        .iter()
        .find_map(|word| unit.name.split_once(&format!(" {word} ")))
        .map_or(unit.name.as_str(), |(name, _)| name);
    let initials = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !matches!(*word, "" | "và"))
        .filter_map(|word| word.chars().next());
    initials.map(initial).collect()
}

/// A capital without tone or mark; `Đ` stays.
fn initial(letter: char) -> char {
    let upper = letter.to_uppercase().next().unwrap_or(letter);
    if upper == 'Đ' {
        return upper;
    }
    let plain = domain::text::fold(&upper.to_string()).to_uppercase();
    plain.chars().next().unwrap_or(upper)
}

/// A body of a commune writes from the commune, any other from the province.
fn place(line: &[&Unit], province: &str) -> String {
    let commune = line
        .iter()
        .take_while(|u| u.level == "commune")
        .find(|u| u.kind == COMMITTEE);
    commune.map_or_else(|| territory(province), |unit| territory(&unit.name))
}

/// The name of the territory alone: `Ủy ban nhân dân tỉnh Vĩnh Long` is `Vĩnh Long`.
pub(super) fn territory(name: &str) -> String {
    let lower = name.to_lowercase();
    let begin = |word: &&str| {
        let at = if lower.starts_with(&format!("{word} ")) {
            Some(0)
        } else {
            lower.find(&format!(" {word} ")).map(|at| at + 1)
        };
        at.map(|at| at + word.len() + 1)
    };
    // Lower case is as long as upper case in every Vietnamese letter.
    let cut = TERRITORIES.iter().filter_map(begin).min();
    cut.and_then(|at| name.get(at..))
        .unwrap_or(name)
        .trim()
        .to_owned()
}

/// Those of the template, and the usual ones of the body; its `Lưu` stands for theirs.
fn recipients(template: &[String], usual: Option<&str>) -> String {
    let is_file = |line: &str| line.starts_with("Lưu");
    let usual: Vec<&str> = usual
        .unwrap_or_default()
        .lines()
        .map(|line| {
            line.trim()
                .trim_start_matches("- ")
                .trim_end_matches([';', '.'])
        })
        .filter(|line| !line.is_empty())
        .collect();
    let kept = usual.iter().any(|line| is_file(line));
    let (files, others): (Vec<&str>, Vec<&str>) = template
        .iter()
        .map(String::as_str)
        .partition(|line| is_file(line));
    let (own_files, own): (Vec<&str>, Vec<&str>) =
        usual.into_iter().partition(|line| is_file(line));
    let files = if kept { own_files } else { files };
    [others, own, files].concat().join("\n")
}

#[cfg(test)]
mod tests {
    use domain::id::Id;

    use super::*;

    fn unit(name: &str, kind: &str, level: &str) -> Unit {
        Unit {
            id: OrganizationId(Id::new(0)),
            code: "X".into(),
            name: name.into(),
            kind: kind.into(),
            level: level.into(),
            membership: "member".into(),
            parent: None,
            superiors: Vec::new(),
            roles: Vec::new(),
            created_at: 0,
            starts_on: None,
            ends_on: None,
            latitude: None,
            longitude: None,
        }
    }

    #[test]
    fn a_name_gives_the_symbol_of_its_body() {
        for (name, kind, short) in [
            ("Sở Khoa học và Công nghệ", "department", "SKHCN"),
            (
                "Sở Giáo dục và Đào tạo tỉnh Vĩnh Long",
                "department",
                "SGDĐT",
            ),
            ("Văn phòng Tỉnh ủy", "party", "VPTU"),
            ("Phường Long Châu", COMMITTEE, "UBND"),
        ] {
            assert_eq!(symbol(&unit(name, kind, "province")), short);
        }
    }

    #[test]
    fn a_place_is_the_name_alone_and_a_communes_own() {
        let province = unit("Ủy ban nhân dân tỉnh Vĩnh Long", COMMITTEE, "province");
        let ward = unit("Phường Long Châu", COMMITTEE, "commune");
        let office = unit("Sở Tài chính", "department", "province");
        assert_eq!(place(&[&ward, &province], &province.name), "Long Châu");
        assert_eq!(place(&[&office, &province], &province.name), "Vĩnh Long");
        assert_eq!(territory("Tỉnh Cà Mau"), "Cà Mau");
        assert_eq!(territory("thành phố Huế"), "Huế");
        assert_eq!(territory("Huế"), "Huế");
        assert_eq!(full_name(&ward), "Ủy ban nhân dân phường Long Châu");
        assert_eq!(full_name(&province), province.name);
        let short = unit("UBND xã Cái Ngang", COMMITTEE, "commune");
        assert_eq!(full_name(&short), "Ủy ban nhân dân xã Cái Ngang");
        assert_eq!(place(&[&short, &province], &province.name), "Cái Ngang");
    }

    #[test]
    fn a_party_body_has_a_party_body_above() {
        let province = unit("Ủy ban nhân dân tỉnh Vĩnh Long", COMMITTEE, "province");
        let office = unit("Văn phòng Tỉnh ủy", PARTY, "province");
        let board = unit("Tỉnh ủy Vĩnh Long", PARTY, "province");
        let line = [&office, &province];
        assert_eq!(
            superior(&line, Form::Party, "tỉnh Vĩnh Long"),
            "Tỉnh ủy Vĩnh Long"
        );
        assert_eq!(
            superior(&[&office, &board, &province], Form::Party, ""),
            board.name
        );
        assert_eq!(superior(&[&board, &province], Form::Party, "x"), "");
        assert_eq!(superior(&line, Form::State, ""), province.name);
    }

    #[test]
    fn the_usual_recipients_come_last_and_the_file_is_one() {
        let template = ["Như trên".to_owned(), "Lưu: VT".into()];
        assert_eq!(recipients(&template, None), "Như trên\nLưu: VT");
        assert_eq!(
            recipients(&template, Some("- Sở Tài chính;\n- Lưu: VT, CNTT.")),
            "Như trên\nSở Tài chính\nLưu: VT, CNTT"
        );
    }
}
