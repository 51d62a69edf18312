//! The registry's own nouns, read from `nouns/*.yaml`.

use std::sync::LazyLock;

use crate::schema::Schema;

macro_rules! embedded {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../nouns/", $name, ".yaml")))),+]
    };
}

static NOUNS: LazyLock<Vec<Schema>> = LazyLock::new(|| {
    embedded![
        "organization",
        "contact",
        "letterhead",
        "site",
        "circuit",
        "device",
        "prefix",
        "role-assignment",
        "exemption",
        "adoption",
        "inspection-round",
        "inspection-item",
        "finding",
    ]
    .into_iter()
    .map(|(name, text)| {
        let schema: Schema = serde_saphyr::from_str(text).unwrap_or_else(|e| {
            panic!("nouns/{name}.yaml is part of the program and must parse: {e}")
        });
        if let Err(e) = schema.check() {
            panic!("nouns/{name}.yaml is part of the program and must hold together: {e}");
        }
        schema
    })
    .collect()
});

/// All nouns of the registry, in the order of the menu.
pub fn all() -> &'static [Schema] {
    &NOUNS
}

/// The schema of a registry noun.
pub fn get(noun: &str) -> Option<&'static Schema> {
    NOUNS.iter().find(|s| s.noun == noun)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_point_to_nouns_that_exist() {
        for schema in all() {
            for field in &schema.fields {
                if let Some(noun) = &field.refers_to {
                    assert!(
                        get(noun).is_some(),
                        "{}.{} refers to {noun}",
                        schema.noun,
                        field.name
                    );
                }
            }
        }
    }
}
