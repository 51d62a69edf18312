//! Texts that a formula puts together, where nobody has calculated it.

/// Functions that only join or show texts.
const JOINING: [&str; 5] = ["CONCATENATE", "CONCAT", "UPPER", "T", "_xlfn."];

/// The text of a formula that is made of texts alone: `"M"&"ẬT"`. None of any other: what it
/// compares with is not shown.
pub(super) fn joined(formula: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = String::new();
    for (index, part) in formula.split('"').enumerate() {
        if index % 2 == 0 {
            // Two quotes are one in a text.
            if part.is_empty() && index > 1 && !text.is_empty() {
                continue;
            }
            rest.push_str(part);
        } else {
            text.push_str(part);
        }
    }
    if text.is_empty() {
        return None;
    }
    let upper = rest.contains("UPPER");
    for name in JOINING {
        rest = rest.replace(name, "");
    }
    let only = rest
        .chars()
        .all(|c| "&(),;=+".contains(c) || c.is_whitespace());
    only.then(|| if upper { text.to_uppercase() } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_alone_are_joined() {
        for (formula, shown) in [
            ("\"M\"&\"ẬT\"", Some("MẬT")),
            ("=CONCATENATE(\"TỐI \", \"MẬT\")", Some("TỐI MẬT")),
            ("_xlfn.CONCAT(\"M\";\"ẬT\")", Some("MẬT")),
            ("UPPER(\"mật\")", Some("MẬT")),
            ("\"MẬT\"", Some("MẬT")),
            ("COUNTIF(C:C,\"MẬT\")", None),
            ("IF(A1=\"MẬT\",1,0)", None),
            ("A1&\"MẬT\"", None),
            ("SUM(A1:B2)", None),
        ] {
            assert_eq!(joined(formula).as_deref(), shown, "{formula}");
        }
    }
}
