//! The published JSON Schemas, held against what the program reads.

use std::collections::BTreeSet;

use serde_json::Value as Json;

/// What is wrong with `value` by the parts of JSON Schema that ours uses.
pub(crate) fn wrong(root: &Json, schema: &Json, value: &Json, at: &str) -> Vec<String> {
    if let Some(name) = schema["$ref"].as_str() {
        let target = root.pointer(name.trim_start_matches('#')).unwrap();
        return wrong(root, target, value, at);
    }
    let mut out = Vec::new();
    if let Some(known) = schema["enum"].as_array()
        && !known.contains(value)
    {
        out.push(format!("{at}: {value} is none of {known:?}"));
    }
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64(),
        Some("boolean") => value.is_boolean(),
        Some(other) => panic!("the test does not know the type {other}"),
        None => true,
    };
    if !fits {
        out.push(format!("{at}: {value} is no {}", schema["type"]));
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        if value.get(name.as_str().unwrap()).is_none() {
            out.push(format!("{at}: {name} is missing"));
        }
    }
    for (name, inner) in value.as_object().into_iter().flatten() {
        let at = format!("{at}.{name}");
        match (
            schema["properties"].get(name),
            &schema["additionalProperties"],
        ) {
            (Some(own), _) => out.extend(wrong(root, own, inner, &at)),
            (None, Json::Bool(false)) => out.push(format!("{at} is not known")),
            (None, any) => out.extend(wrong(root, any, inner, &at)),
        }
    }
    for inner in value.as_array().into_iter().flatten() {
        out.extend(wrong(root, &schema["items"], inner, at));
    }
    out
}

/// The names in backticks after "expected" of serde's complaint.
pub(crate) fn known(error: &serde_json::Error) -> BTreeSet<String> {
    let text = error.to_string();
    let (_, names) = text.split_once("expected").unwrap();
    names
        .split('`')
        .skip(1)
        .step_by(2)
        .map(Into::into)
        .collect()
}

mod flows {
    use std::collections::BTreeSet;

    use serde::de::DeserializeOwned;
    use serde_json::{Value as Json, json};

    use super::{known, wrong};
    use crate::{
        flow::{Effect, Flow, State, Step, Who},
        source::Source as _,
    };

    fn published() -> Json {
        serde_json::from_str(include_str!("../../../docs/flows.schema.json")).unwrap()
    }

    #[test]
    fn every_flow_is_as_the_published_schema_says() {
        let root = published();
        let mut seen = 0;
        for file in crate::Embedded.files().unwrap() {
            if !file.path.starts_with("flows/") {
                continue;
            }
            let text = std::str::from_utf8(&file.bytes).unwrap();
            let value: Json = serde_saphyr::from_str(text).unwrap();
            let found = wrong(&root, &root, &value, &file.path);
            assert!(found.is_empty(), "{}", found.join("\n"));
            seen += 1;
        }
        assert!(seen > 0);
        let odd = json!({"title": {"vi": "a"}, "begin": {"who": {"may": "fly"}}, "loop": 1});
        assert!(wrong(&root, &root, &odd, "odd").len() >= 6);
    }

    #[test]
    fn the_published_schema_names_what_the_program_reads() {
        let root = published();
        let names = |pointer: &str| -> BTreeSet<String> {
            let at = root.pointer(pointer).unwrap();
            at.as_object().unwrap().keys().cloned().collect()
        };
        fn read<T: DeserializeOwned>() -> BTreeSet<String> {
            known(&serde_json::from_value::<T>(json!({"?": 1})).err().unwrap())
        }
        assert_eq!(names("/properties"), read::<Flow>());
        assert_eq!(names("/$defs/state/properties"), read::<State>());
        assert_eq!(names("/$defs/step/properties"), read::<Step>());
        assert_eq!(names("/$defs/who/properties"), read::<Who>());
        assert_eq!(names("/$defs/effect/properties"), read::<Effect>());
        // A field of a form is a field of a book.
        let books: Json =
            serde_json::from_str(include_str!("../../../docs/registers.schema.json")).unwrap();
        assert_eq!(root["$defs"]["field"], books["$defs"]["field"]);
        assert_eq!(root["$defs"]["label"], books["$defs"]["label"]);
    }
}
