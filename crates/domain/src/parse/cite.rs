//! Clauses as offices name them: `khoản 2 Điều 12`, `điểm d khoản 1 Điều 5`, `12.2`.

use crate::text::nfc;

/// The level that a label names: article, clause, point.
fn label(word: &str) -> Option<usize> {
    match word {
        "điều" | "dieu" | "article" | "art" => Some(0),
        "khoản" | "khoan" | "clause" | "paragraph" => Some(1),
        "điểm" | "diem" | "point" => Some(2),
        _ => None,
    }
}

/// Reads one clause to the cite by which packs name it, `12.2` or `5.1.d`; what is written in
/// no such way stays as it is, without blanks around it.
pub fn read(text: &str) -> String {
    let text = nfc(text);
    parts(&text).map_or_else(|| text.trim().to_owned(), |parts| parts.join("."))
}

/// Whether a text names a clause or a point by its word: a bare number behind it would be
/// another clause of the same article, and cannot be told from an article.
pub fn names_a_part(text: &str) -> bool {
    let lower = nfc(text).to_lowercase();
    lower.split_whitespace().any(|word| label(word) > Some(0))
}

fn parts(text: &str) -> Option<Vec<String>> {
    // A comma or a slash stands between parts that say what they are; before a bare number it
    // stands between two clauses, `Điều 5, 6`, and that is none.
    let lower = text.to_lowercase().replace([',', '/'], " , ");
    let words = lower.split(|c: char| c.is_whitespace() || ".()".contains(c));
    let mut apart = false;
    let mut found: [Option<String>; 3] = Default::default();
    let (mut next, mut labelled) = (0, false);
    for word in words.filter(|w| !w.is_empty()) {
        if word == "," {
            apart = true;
            continue;
        }
        // `Đ12`, `k2`: a label and its number in one.
        let digits = word.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
        let (short, number) = word.split_at(digits);
        let value = match short {
            "" => {
                if let Some(level) = label(word) {
                    (next, labelled, apart) = (level, true, false);
                    continue;
                }
                if apart {
                    return None;
                }
                word
            }
            "đ" => {
                (next, apart) = (0, false);
                number
            }
            "k" => {
                (next, apart) = (1, false);
                number
            }
            _ => return None,
        };
        let is_number = value.chars().all(|c| c.is_ascii_digit());
        let is_point = value.chars().count() == 1 && value.chars().all(char::is_alphabetic);
        if !(is_number || is_point && next != 0) {
            return None;
        }
        let place = found.get_mut(next)?;
        if place.replace(value.to_owned()).is_some() {
            return None;
        }
        next += 1;
        // After `khoản 2` the article may follow without its word only from the start.
        if labelled && next > 2 {
            next = 2;
        }
    }
    found[0].as_ref()?;
    Some(found.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn clauses_are_read_as_offices_name_them() {
        for (typed, cite) in [
            ("khoản 2 Điều 12", "12.2"),
            ("Điều 12 khoản 2", "12.2"),
            ("Điều 12.2", "12.2"),
            ("Đ12 K2", "12.2"),
            ("điểm d khoản 1 Điều 5", "5.1.d"),
            ("Điểm đ, khoản 1, Điều 5", "5.1.đ"),
            ("Article 12, clause 2", "12.2"),
            ("12.2", "12.2"),
            (" 5.1.d ", "5.1.d"),
            ("Điều 13", "13"),
            ("16.10", "16.10"),
            // No way to name a clause: it stays, and no regulation has it.
            ("99.9.9.9", "99.9.9.9"),
            ("khoản 2", "khoản 2"),
            ("Điều 5, 6", "Điều 5, 6"),
            ("12/13", "12/13"),
            ("Phụ lục I", "Phụ lục I"),
        ] {
            assert_eq!(read(typed), cite, "{typed}");
        }
    }
}
