//! Whether a schema holds together.

use super::{BadSchema, Facts, Kind, Schema, Steward, Storage, VIEW_COLUMNS, is_plain};

impl Schema {
    /// Checks the fields by themselves, as the form of a flow's step has them.
    ///
    /// # Errors
    /// As [`Schema::check`], of fields.
    pub fn check_fields(&self) -> Result<(), BadSchema> {
        let bad = |what: String| {
            Err(BadSchema {
                noun: self.noun.clone(),
                what,
            })
        };
        for (i, field) in self.fields.iter().enumerate() {
            if !is_plain(&field.name, '_') {
                return bad(format!(
                    "field `{}`: a name is lower-case letters, digits and `_`",
                    field.name
                ));
            }
            let taken = VIEW_COLUMNS.contains(&field.name.as_str());
            if self.storage == Storage::Entry && taken && field.name != "occurred_on" {
                return bad(format!(
                    "checks read `{}` of every entry as something else; choose another name",
                    field.name
                ));
            }
            if self.fields[..i].iter().any(|f| f.name == field.name) {
                return bad(format!("field `{}` stands twice; remove one", field.name));
            }
            let chosen = !field.choices.is_empty() || field.choices_from.is_some();
            if field.kind == Kind::Choice && !chosen {
                return bad(format!(
                    "choice `{}` has no `choices`; list them",
                    field.name
                ));
            }
            let bound =
                field.claims.is_some() || field.steward != Steward::Unit || field.source.is_some();
            if self.storage == Storage::Entry && bound {
                return bad(format!(
                    "field `{}`: `claims`, `steward` and `source` are for the registry's own nouns; remove them",
                    field.name
                ));
            }
            if field.done && !matches!(field.kind, Kind::Date | Kind::Instant) {
                return bad(format!(
                    "`done` of `{}`: only a date or an instant says when; remove it",
                    field.name
                ));
            }
            if field.latest.is_some() && field.kind != Kind::Date {
                return bad(format!(
                    "`latest` of `{}` is for dates; remove it",
                    field.name
                ));
            }
            if field.length.is_some() && field.kind != Kind::Period {
                return bad(format!(
                    "`length` of `{}` is for periods; remove it",
                    field.name
                ));
            }
            if field.kind == Kind::Reference && field.refers_to.is_none() {
                return bad(format!(
                    "reference `{}` needs `refers_to: <noun>`",
                    field.name
                ));
            }
        }
        Ok(())
    }

    /// Checks the schema against itself.
    ///
    /// # Errors
    /// A name used twice, a title that is no field, a choice without choices, a
    /// reference without `refers_to`, an owner that is no reference, or a writer who may
    /// not read.
    pub fn check(&self) -> Result<(), BadSchema> {
        let bad = |what: String| {
            Err(BadSchema {
                noun: self.noun.clone(),
                what,
            })
        };
        if !is_plain(&self.noun, '-') {
            return bad("a noun is lower-case letters, digits and `-`".into());
        }
        if self.storage == Storage::Entry && self.facts != Facts::Now {
            return bad("`facts` is for the registry's own nouns; remove it".into());
        }
        self.check_fields()?;
        if let Some(writer) = self
            .writers
            .iter()
            .find(|w| !self.readers.is_empty() && !self.readers.contains(w))
        {
            return bad(format!(
                "`{0}` writes it and may not read it; add `{0}` to `readers`",
                writer.code()
            ));
        }
        if self.field(&self.title).is_none() {
            return bad(format!("`title: {}` is not one of its fields", self.title));
        }
        if let Some(name) = self.fixed.iter().find(|name| self.field(name).is_none()) {
            return bad(format!("`fixed: {name}` is not one of its fields"));
        }
        if let Some(name) = self.stepped.iter().find(|name| self.field(name).is_none()) {
            return bad(format!("`stepped: {name}` is not one of its fields"));
        }
        if let Some(name) = self.identity.iter().find(|name| self.field(name).is_none()) {
            return bad(format!("`identity: {name}` is not one of its fields"));
        }
        if let Some(what) = self.observed.as_ref().and_then(|o| o.wrong(self)) {
            return bad(what);
        }
        if self.owner != "id" && self.field(&self.owner).is_none() {
            return bad(format!("`owner: {}` is not one of its fields", self.owner));
        }
        Ok(())
    }
}
