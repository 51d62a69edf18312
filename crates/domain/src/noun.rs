//! The registry's own nouns, read from `nouns/*.yaml`.

use std::sync::LazyLock;

use rust_embed::RustEmbed;

use crate::schema::Schema;

#[derive(RustEmbed)]
#[folder = "nouns/"]
struct Files;

static NOUNS: LazyLock<Vec<Schema>> = LazyLock::new(|| {
    let read = |path: &str| {
        let file = Files::get(path)?;
        let text = String::from_utf8_lossy(&file.data);
        let schema: Schema = serde_saphyr::from_str(&text)
            .unwrap_or_else(|e| panic!("nouns/{path} is part of the program and must parse: {e}"));
        if let Err(e) = schema.check() {
            panic!("nouns/{path} is part of the program and must hold together: {e}");
        }
        Some(schema)
    };
    let mut all: Vec<Schema> = Files::iter().filter_map(|path| read(&path)).collect();
    all.sort_by_key(|schema| (schema.place.unwrap_or(u32::MAX), schema.noun.clone()));
    all
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
    fn each_file_is_a_noun_of_that_name_in_its_place() {
        let names: Vec<String> = all().iter().map(|s| format!("{}.yaml", s.noun)).collect();
        assert!(Files::iter().all(|path| names.contains(&path.into_owned())));
        assert_eq!(names[0], "organization.yaml");
        assert!(all().is_sorted_by_key(|schema| schema.place));
    }

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
