//! What a book is for: the controls that its entries fulfil.

use crate::{
    control::{Control, Value},
    library::Library,
};

impl Library {
    /// The controls that an entry of a book fulfils, by duty or through a check that is told
    /// the book's name.
    pub fn fulfilled_by(&self, register: &str) -> Vec<&Control> {
        let named = |control: &&Control| {
            let by_duty = control
                .duty
                .as_ref()
                .is_some_and(|d| d.register == register);
            let by_check = control
                .parameters
                .iter()
                .any(|p| p.name == "register" && p.default == Value::Text(register.to_owned()));
            by_duty || by_check
        };
        self.controls.values().filter(named).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::schema::{Field, Schema};
    use serde_json::{Value as Json, json};

    use crate::{
        published::{known, wrong},
        source::Source as _,
    };

    fn published() -> Json {
        serde_json::from_str(include_str!("../../../docs/registers.schema.json")).unwrap()
    }

    #[test]
    fn every_book_is_as_the_published_schema_says() {
        let root = published();
        let mut seen = 0;
        for file in crate::Embedded.files().unwrap() {
            if !file.path.starts_with("registers/") {
                continue;
            }
            let text = std::str::from_utf8(&file.bytes).unwrap();
            let value: Json = serde_saphyr::from_str(text).unwrap();
            let found = wrong(&root, &root, &value, &file.path);
            assert!(found.is_empty(), "{}", found.join("\n"));
            seen += 1;
        }
        assert!(seen > 15, "{seen}");
        let odd =
            json!({"noun": "a", "label": {"vi": "a"}, "fields": [{"kind": "colour"}], "x": 1});
        assert!(wrong(&root, &root, &odd, "odd").len() >= 8);
    }

    #[test]
    fn the_published_schema_names_what_the_program_reads() {
        let root = published();
        let names = |schema: &Json| -> BTreeSet<String> {
            schema["properties"]
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect()
        };
        let of_book = serde_json::from_value::<Schema>(json!({"?": 1})).unwrap_err();
        assert_eq!(names(&root), known(&of_book));
        let of_field = serde_json::from_value::<Field>(json!({"?": 1})).unwrap_err();
        assert_eq!(names(&root["$defs"]["field"]), known(&of_field));
        for (pointer, field) in [("/$defs/field/properties", true), ("/properties", false)] {
            for (name, schema) in root.pointer(pointer).unwrap().as_object().unwrap() {
                let Some(choices) = schema["enum"].as_array() else {
                    continue;
                };
                let value = json!({ name.as_str(): "?" });
                let error = if field {
                    serde_json::from_value::<Field>(value).unwrap_err()
                } else {
                    serde_json::from_value::<Schema>(value).unwrap_err()
                };
                let choices: BTreeSet<String> = choices
                    .iter()
                    .map(|c| c.as_str().unwrap().to_owned())
                    .collect();
                assert_eq!(choices, known(&error), "{name}");
            }
        }
    }
}
