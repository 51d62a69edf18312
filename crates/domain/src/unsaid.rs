//! Texts that say that there is nothing to say yet: "Chưa có", "Chờ phê duyệt", "n/a".
//!
//! The list of such words is `unsaid.yaml`; what is compared with it is folded here, once, for
//! every check and every duty.

use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

use serde::Deserialize;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::text::fold;

/// A longer text tells something, whatever its first words are; in characters. One line of a
/// form is no longer.
pub const LONGEST: usize = 300;

/// `unsaid.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Words that may stand before the first words of a text, as may numbers.
    before: Vec<String>,
    groups: Vec<Group>,
}

/// For which kinds phrases count, and where in a text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    kinds: BTreeSet<String>,
    /// Whether a word without its marks is another word.
    #[serde(default)]
    marked: bool,
    /// The whole text.
    #[serde(default)]
    whole: Vec<String>,
    /// Its first words.
    #[serde(default)]
    begins: Vec<String>,
    /// The first words in brackets or behind a dash.
    #[serde(default)]
    aside: Vec<String>,
    /// The first words behind a comma.
    #[serde(default)]
    listed: Vec<String>,
    /// Anywhere.
    #[serde(default)]
    holds: Vec<String>,
    /// What is something all the same, where one of the phrases would count.
    #[serde(default)]
    but: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Whole,
    Begins,
    Aside,
    Listed,
    Holds,
}

/// A word as it is compared: in small letters, its tone behind it ("hoà" is "hòa"), and without
/// marks.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    marked: String,
    bare: String,
    /// What stands before it: the beginning of an aside, or a comma.
    aside: bool,
    listed: bool,
}

#[derive(Debug)]
enum Part {
    Word(Word),
    /// Any words, or none.
    Gap,
}

#[derive(Debug)]
struct Phrase {
    group: usize,
    place: Place,
    parts: Vec<Part>,
}

struct List {
    before: Vec<Word>,
    groups: Vec<Group>,
    /// The words that are something all the same, by group.
    buts: Vec<Vec<Vec<Part>>>,
    /// By their first word without marks.
    phrases: HashMap<String, Vec<Phrase>>,
    kinds: BTreeSet<String>,
}

const TEXT: &str = include_str!("../unsaid.yaml");

/// Counted up when the same list finds other texts than before.
const FOLDED: u32 = 1;

static LIST: LazyLock<List> = LazyLock::new(|| {
    let file: File = serde_saphyr::from_str(TEXT)
        .unwrap_or_else(|e| panic!("unsaid.yaml is part of the program and must parse: {e}"));
    List::of(file)
});

/// What differs from what another version has when other texts say nothing.
pub fn version() -> String {
    format!("{FOLDED}\n{TEXT}")
}

/// The kinds that there are.
pub fn known() -> &'static BTreeSet<String> {
    &LIST.kinds
}

/// The kinds of field in which this text says nothing; none where it tells something. A text of
/// blanks and marks alone says nothing in any field that is not a number's.
pub fn kinds(text: &str) -> BTreeSet<&'static str> {
    if text.chars().nth(LONGEST).is_some() {
        return BTreeSet::new();
    }
    LIST.kinds(&words(text))
}

/// Whether this text says nothing in a field of that kind.
pub fn is(text: &str, kind: &str) -> bool {
    kinds(text).contains(kind)
}

/// Whether a pattern of `LIKE` looks for such words, also where `_` stands for a letter of them.
pub fn is_sought_by(pattern: &str) -> bool {
    let plain = pattern.replace('%', " ");
    if !words(&plain).is_empty() && !kinds(&plain).is_empty() {
        return true;
    }
    // `_` stands for a letter that may have marks.
    let plain = fold(&plain);
    let pieces = plain.split(|c: char| !c.is_alphanumeric() && c != '_');
    let pieces: Vec<&str> = pieces.filter(|piece| !piece.is_empty()).collect();
    plain.contains('_') && LIST.begins_like(&pieces)
}

impl Word {
    fn of(word: &str, before: &str) -> Self {
        let (mut letters, mut tones) = (String::new(), String::new());
        for c in word.nfc().flat_map(char::to_lowercase).nfd() {
            match c {
                // Grave, acute, tilde, hook above, dot below.
                '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}' => tones.push(c),
                c => letters.push(c),
            }
        }
        let dash = |c: char| matches!(c, '\u{2013}' | '\u{2014}');
        Self {
            marked: letters + &tones,
            bare: fold(word),
            aside: before.contains(['(', '[', '{'])
                || before.contains(dash)
                || before.contains(" -")
                || before.contains("- "),
            listed: before.contains(','),
        }
    }

    /// In digits, or in Roman ones.
    fn is_number(&self) -> bool {
        let mut letters = self.bare.chars();
        self.bare.bytes().all(|b| b.is_ascii_digit()) || letters.all(|c| "ivx".contains(c))
    }

    /// Whether this word of a text is a word of the list.
    fn is(&self, listed: &Word, marked: bool) -> bool {
        let typed_bare = self.marked == self.bare;
        self.marked == listed.marked || (!marked && typed_bare && self.bare == listed.bare)
    }
}

/// The words of a text: runs of letters and digits.
fn words(text: &str) -> Vec<Word> {
    let of_word = |c: char| c.is_alphanumeric() || is_combining_mark(c);
    let (mut words, mut rest) = (Vec::new(), text);
    while let Some(from) = rest.find(of_word) {
        let (before, at) = rest.split_at(from);
        let end = at.find(|c: char| !of_word(c)).unwrap_or(at.len());
        let (word, after) = at.split_at(end);
        words.push(Word::of(word, before));
        rest = after;
    }
    words
}

fn parts(phrase: &str) -> Vec<Part> {
    let pieces = phrase.split('…').enumerate();
    let parts = pieces.flat_map(|(i, piece)| {
        let gap = (i > 0).then_some(Part::Gap);
        gap.into_iter()
            .chain(words(piece).into_iter().map(Part::Word))
    });
    parts.collect()
}

/// Whether the words begin with these parts; `whole` when nothing may follow.
fn matches(words: &[Word], parts: &[Part], marked: bool, whole: bool) -> bool {
    match parts.split_first() {
        None => !whole || words.is_empty(),
        Some((Part::Word(listed), parts)) => words.split_first().is_some_and(|(word, words)| {
            word.is(listed, marked) && matches(words, parts, marked, whole)
        }),
        Some((Part::Gap, parts)) => {
            (0..words.len()).any(|from| matches(&words[from..], parts, marked, whole))
        }
    }
}

impl List {
    fn of(File { before, groups }: File) -> Self {
        let mut phrases: HashMap<String, Vec<Phrase>> = HashMap::new();
        for (i, group) in groups.iter().enumerate() {
            let places = [
                (Place::Whole, &group.whole),
                (Place::Begins, &group.begins),
                (Place::Aside, &group.aside),
                (Place::Listed, &group.listed),
                (Place::Holds, &group.holds),
            ];
            for (place, texts) in places {
                for text in texts {
                    let parts = parts(text);
                    let Some(Part::Word(first)) = parts.first() else {
                        continue;
                    };
                    let of = phrases.entry(first.bare.clone()).or_default();
                    of.push(Phrase {
                        group: i,
                        place,
                        parts,
                    });
                }
            }
        }
        let but = |group: &Group| group.but.iter().map(|text| parts(text)).collect();
        Self {
            before: before.iter().flat_map(|word| words(word)).collect(),
            buts: groups.iter().map(but).collect(),
            kinds: groups.iter().flat_map(|g| g.kinds.clone()).collect(),
            phrases,
            groups,
        }
    }

    fn kinds(&self, words: &[Word]) -> BTreeSet<&str> {
        if words.is_empty() {
            let all = self.kinds.iter().map(String::as_str);
            return all.filter(|kind| *kind != "number").collect();
        }
        let may_precede = |word: &Word| {
            word.is_number() || self.before.iter().any(|before| word.is(before, true))
        };
        let first = words.iter().take_while(|w| may_precede(w)).count();
        let mut found = BTreeSet::new();
        for (i, word) in words.iter().enumerate() {
            let rest = &words[i..];
            for phrase in self.phrases.get(&word.bare).into_iter().flatten() {
                let group = &self.groups[phrase.group];
                let here = match phrase.place {
                    Place::Whole | Place::Begins => i == 0 || i == first,
                    Place::Aside => i > 0 && word.aside,
                    Place::Listed => i > 0 && word.listed,
                    Place::Holds => true,
                };
                let whole = phrase.place == Place::Whole;
                if !here || !matches(rest, &phrase.parts, group.marked, whole) {
                    continue;
                }
                let buts = &self.buts[phrase.group];
                if buts.iter().any(|but| matches(rest, but, false, false)) {
                    continue;
                }
                found.extend(group.kinds.iter().map(String::as_str));
            }
        }
        found
    }

    /// Whether a phrase of the list begins with these words, or they with it; `_` in one is any letter.
    fn begins_like(&self, pattern: &[&str]) -> bool {
        let fits = |word: &str, pattern: &str| {
            word.chars().count() == pattern.chars().count()
                && (word.chars().zip(pattern.chars())).all(|(c, p)| p == '_' || c == p)
        };
        let begins = |phrase: &Phrase| {
            let words = phrase.parts.iter().map_while(|part| match part {
                Part::Word(word) => Some(word.bare.as_str()),
                Part::Gap => None,
            });
            matches!(phrase.place, Place::Begins | Place::Whole)
                && words
                    .zip(pattern)
                    .all(|(word, pattern)| fits(word, pattern))
        };
        let told = |word: &&str| word.chars().filter(|c| *c != '_').count() > 1;
        pattern.first().is_some_and(told) && self.phrases.values().flatten().any(begins)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(texts: &[&str], kind: &str) {
        for text in texts {
            assert!(is(text, kind), "`{text}` says nothing as {kind}");
        }
    }

    fn none(texts: &[&str], kind: &str) {
        for text in texts {
            assert!(!is(text, kind), "`{text}` says something as {kind}");
        }
    }

    #[test]
    fn what_names_nobody() {
        let texts = [
            "",
            " - ",
            "…",
            "n/a",
            "N/A.",
            "Không",
            "KHÔNG CÓ",
            "Chưa có",
            "chua co",
            "Chua có",
            "(Đang tuyển)",
            "ĐANG TUYỂN",
            "Chờ phê duyệt",
            "cho phe duyet",
            "Sẽ phân công sau",
            "Dự kiến ông Nguyễn Văn A",
            "Khuyết",
            "Vị trí này hiện khuyết",
            "Vị trí còn trống",
            "Để trống",
            "Không còn ai",
            "Không có nguy cơ nào",
            "khong phat hien",
            "Không  rõ",
            "Ch\u{1b0}a co\u{301}",
            "Hiện chưa có",
            "Tạm thời khuyết",
            "Xin ý kiến sau",
        ];
        all(&texts, "name");
        let names = [
            "Nguyễn Văn A",
            "Dang Van Hung",
            "Đặng Văn Hùng",
            "Chùa Bà",
            "Chua Ba",
            "Cho Ray",
            "Không gian mạng",
            "Không quân",
            "Khong Minh",
            "Trong",
            "N.A. Tuấn",
            "Naco",
            "Khuyết tật",
            "Bộ trong nhà",
            "Năm",
            "Quý",
            "Nguyễn Văn A (đã nghỉ việc)",
        ];
        none(&names, "name");
    }

    #[test]
    fn what_tells_of_no_event() {
        let texts = [
            "-",
            "Không",
            "Không có",
            "Chưa có lớp nào",
            "Không có sự cố",
            "Không phát sinh",
            "Đang lên kế hoạch",
            "Dự kiến quý IV",
            "Chưa tổ chức",
            "chua to chuc",
            "Cập nhật sau",
            "Quý III không có nguy cơ",
            "Quý III/2026: không có",
            "Năm 2026 chưa diễn tập",
            "Hoãn sang năm sau",
            "Huỷ lớp",
        ];
        all(&texts, "event");
        let told = [
            "Không nhấp vào liên kết lạ",
            "Chưa đủ mạnh: mật khẩu",
            "Đang ở đâu trên mạng",
            "Diễn tập",
            "Tập huấn cho cán bộ",
            "Hủy tài liệu mật",
            "Quý III",
            "Năm 2026 diễn tập",
        ];
        none(&told, "event");
        all(&["Chưa có lớp", "Không rõ", "Đang cập nhật"], "unknown");
        none(&["Không có", "Không phát sinh"], "unknown");
    }

    #[test]
    fn what_is_no_document_in_force() {
        let texts = [
            "Dự thảo Quy chế",
            "Quy chế bảo đảm an toàn thông tin (dự thảo)",
            "Quy chế (đang trình)",
            "Quy chế - xin ý kiến",
            "Quy chế ATTT – bản thảo",
            "QĐ số … chờ ký",
            "Chưa ban hành",
            "Quy chế chưa được lãnh đạo duyệt",
            "Tờ trình ban hành Quy chế",
            "Quy chế, trình ký",
            "Bản nháp",
            "Đề cương Quy chế",
            "Xây dựng Quy chế",
            "QUY CHẾ (DỰ THẢO)",
            "Quy che (du thao)",
        ];
        all(&texts, "title");
        all(&texts[..texts.len() - 4], "number");
        let titles = [
            "Quy chế bảo đảm an toàn thông tin",
            "Quy trình soạn thảo, lấy ý kiến, ban hành văn bản",
            "Phụ lục (trình tự xử lý sự cố)",
            "Quy chế nhập, xuất thiết bị",
            "Quy trình ký số",
            "Quy trình 2026",
            "Trình tự xử lý sự cố",
        ];
        none(&titles, "title");
        all(&["Quy chế (hết hiệu lực)", "Bãi bỏ Quy chế"], "title");
        all(&["15/TTr-UBND", "Trình Chủ tịch"], "number");
        none(&["15/QĐ-UBND", "n/a", "Không", "-"], "number");
    }

    #[test]
    fn who_keeps_a_thing_and_where_it_comes_from() {
        all(
            &[
                "Dùng chung",
                "Kho",
                "Bà Tư (đã nghỉ)",
                "Anh Ba, đã nghỉ việc",
                "Chưa có",
                "Thuê ngoài",
            ],
            "keeper",
        );
        all(
            &[
                "Nguyễn Văn A (chuyển công tác)",
                "Trống từ tháng 3",
                "Văn thư (hiện trống)",
            ],
            "keeper",
        );
        none(&["Khoa Nội", "Nguyễn Thị Kho"], "keeper");
        all(
            &["Hãng X, không rõ nước", "unknown", "Chưa xác định"],
            "origin",
        );
        none(&["Việt Nam", "Cisco"], "origin");
    }

    #[test]
    fn a_long_text_tells_something() {
        assert!(is("Chưa có", "name"));
        assert!(!is(&format!("Chưa có {}", "a ".repeat(LONGEST)), "name"));
    }

    #[test]
    fn a_pattern_of_such_words_is_found() {
        for pattern in [
            "không %",
            "khÔng %",
            "kh_ng c_ %",
            "ch_a %",
            "%(chờ %",
            "_ang c_p nh_t %",
            "%dự thảo%",
            "n/a ",
            "chua c_ %",
            "so_n th_o%",
            "%unknown%",
        ] {
            assert!(is_sought_by(pattern), "{pattern}");
        }
        for pattern in [
            "toàn%",
            "%0%",
            "%,",
            "",
            "%",
            "tự %",
            "%cá nhân%",
            "_",
            "sl%",
        ] {
            assert!(!is_sought_by(pattern), "{pattern}");
        }
    }

    #[test]
    fn the_list_holds_together() {
        let names: Vec<&str> = known().iter().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "event", "keeper", "name", "number", "origin", "title", "unknown"
            ]
        );
        for (group, buts) in LIST.groups.iter().zip(&LIST.buts) {
            let phrases = [
                &group.whole,
                &group.begins,
                &group.aside,
                &group.listed,
                &group.holds,
            ];
            assert!(phrases.iter().any(|p| !p.is_empty()), "{group:?}");
            // What is excepted would count without the exception.
            for but in &group.but {
                let words = words(but);
                let phrases = LIST.phrases.get(&words[0].bare).into_iter().flatten();
                let excepted = phrases.filter(|p| matches(&words, &p.parts, group.marked, false));
                assert!(excepted.count() > 0, "`{but}` is excepted from nothing");
            }
            assert_eq!(buts.len(), group.but.len());
        }
    }

    /// A phrase of the list as people may write it.
    fn typed() -> impl Strategy<Value = (usize, String)> {
        let phrases: Vec<(usize, String)> = LIST
            .groups
            .iter()
            .enumerate()
            .flat_map(|(i, group)| {
                let texts = group.whole.iter().chain(&group.begins);
                texts.map(move |text| (i, text.replace('…', "nay")))
            })
            .collect();
        prop::sample::select(phrases)
    }

    proptest! {
        #[test]
        fn writing_does_not_matter((group, text) in typed(), upper: bool, loose: bool, bare: bool,
            before in "[ .(*…-]{0,3}", after in "[ .)*…!?]{0,3}") {
            let group = &LIST.groups[group];
            let mut text = text;
            if upper {
                text = text.to_uppercase();
            }
            if bare && !group.marked {
                text = fold(&text);
            }
            if loose {
                text = text.nfd().collect::<String>().replace(' ', "  ");
            }
            let said = kinds(&text);
            prop_assert!(group.kinds.iter().all(|k| said.contains(k.as_str())), "{text} {said:?}");
            prop_assert_eq!(&said, &kinds(&format!("{before}{text}{after}")));
        }

        #[test]
        fn any_text_is_read(text in ".{0,40}") {
            let said = kinds(&text);
            prop_assert_eq!(said, kinds(&text.nfd().collect::<String>()));
        }
    }
}
