//! Passwords that are guessed first.
//!
//! zxcvbn estimates how many guesses it takes (its lists, runs on the keyboard, dates,
//! repetitions); what Vietnamese offices use is added, and what stands around the account: the
//! owner's name, the unit, the province. Nothing is asked over a network.

use std::sync::LazyLock;

use domain::label::Label;
use zxcvbn::matching::patterns::{DictionaryPattern, MatchPattern};

/// A password that is found within so many guesses is refused, as a power of ten: a thief of
/// the database tries as many in some weeks, against argon2id on a machine with many cores.
const ENOUGH: f64 = 9.0;

/// Words of `habits.txt`, the commonest first.
static HABITS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let lines = include_str!("habits.txt").lines();
    let lines = lines.filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_whitespace).collect()
});

/// The forms in which names get into passwords: "Nguyễn Văn An" as `nguyenvanan`, `nguyen`,
/// `van`, `an`, `vanan`, `nva`, `annv`.
pub(super) fn forms<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut forms = Vec::new();
    for name in names {
        let folded = domain::text::fold(name);
        let words: Vec<&str> = folded
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .take(12)
            .collect();
        for from in 0..words.len() {
            for to in from + 1..=words.len() {
                forms.push(words[from..to].concat());
            }
        }
        let initials: String = words.iter().filter_map(|w| w.chars().next()).collect();
        if let Some((last, before)) = words.split_last() {
            let before: String = before.iter().filter_map(|w| w.chars().next()).collect();
            forms.push(format!("{last}{before}"));
        }
        forms.push(initials);
    }
    // A single letter would be found everywhere.
    forms.retain(|form| form.chars().count() >= 2);
    forms
}

/// Why a password is too easy; none where it is not. `around`: names that stand around the
/// account, the nearest first.
pub(super) fn why(password: &str, around: &[String]) -> Option<Label> {
    let words: Vec<&str> = (around.iter().map(String::as_str))
        .chain(HABITS.iter().copied())
        .collect();
    // The same without diacritics, and without blanks and signs between words.
    let folded = domain::text::fold(password);
    let joined: String = folded.chars().filter(|c| c.is_alphanumeric()).collect();
    let easiest = [password, &folded, &joined]
        .into_iter()
        .map(|form| zxcvbn::zxcvbn(form, &words))
        .min_by(|a, b| a.guesses_log10().total_cmp(&b.guesses_log10()))?;
    let chance = |m: &zxcvbn::Match| matches!(m.pattern, MatchPattern::BruteForce);
    // Where it finds no pattern at all, the estimate counts ten for a sign: eight signs of
    // several kinds are worth more than that.
    let random = easiest.sequence().iter().all(chance) && kinds(password) >= 3;
    if easiest.guesses_log10() >= ENOUGH || random && password.chars().count() >= 8 {
        return None;
    }
    // The longest piece of it that is no chance.
    let piece = (easiest.sequence().iter())
        .filter(|m| !chance(m))
        .max_by_key(|m| m.token.chars().count());
    let (vi, en) = match piece.map(|m| &m.pattern) {
        Some(MatchPattern::Dictionary(word)) if is_near(word, around) => (
            "dựa vào tên của bạn, của đơn vị hoặc của tỉnh",
            "it is made of your name, your unit's or the province's",
        ),
        Some(MatchPattern::Dictionary(_)) => (
            "dựa vào từ mà kẻ dò mật khẩu thử trước tiên",
            "it is made of words that are tried first",
        ),
        Some(MatchPattern::Spatial(_)) => (
            "dựa vào dãy phím liền nhau trên bàn phím",
            "it is a run of neighbouring keys",
        ),
        Some(MatchPattern::Repeat(_)) => ("lặp đi lặp lại", "it repeats itself"),
        Some(MatchPattern::Sequence(_)) => (
            "dựa vào dãy chữ hoặc số liên tiếp",
            "it is a run of letters or digits",
        ),
        Some(MatchPattern::Regex(_) | MatchPattern::Date(_)) => (
            "dựa vào năm hoặc ngày tháng",
            "it is made of a year or a date",
        ),
        Some(MatchPattern::BruteForce) | None => ("quá ngắn", "it is too short"),
    };
    Some(Label::new(
        format!(
            "Dễ đoán: {vi}. Chọn bốn, năm từ không liên quan tới nhau; thêm số, năm hay ký hiệu vào một từ quen thuộc là chưa đủ"
        ),
        format!(
            "Easy to guess: {en}. Take four or five words that have nothing to do with each other; a number, a year or a sign beside a familiar word is not enough"
        ),
    ))
}

/// Of how many kinds its signs are: small letters, capitals, digits, others.
fn kinds(password: &str) -> usize {
    let kinds: [fn(char) -> bool; 4] = [
        char::is_lowercase,
        char::is_uppercase,
        char::is_numeric,
        |c| !c.is_alphanumeric(),
    ];
    kinds
        .iter()
        .filter(|kind| password.contains(**kind))
        .count()
}

fn is_near(word: &DictionaryPattern, around: &[String]) -> bool {
    around.contains(&word.matched_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around() -> Vec<String> {
        forms([
            "nguyen.an",
            "Nguyễn Văn An",
            "UBND xã Tân Thạnh",
            "VL-TT",
            "tỉnh Vĩnh Long",
        ])
    }

    #[test]
    fn what_offices_choose_is_refused() {
        let around = around();
        for weak in [
            "Vinhlong@2026",
            "VinhLong@2026!",
            "Vĩnh Long 2026!!",
            "vinhlong123456",
            "Admin@123",
            "Admin@123456789",
            "Admin@2026#2026",
            "123456aA@",
            "123456aA@123456",
            "aA@123456aA@123",
            "Matkhau@123",
            "matkhau123456!",
            "Mật khẩu 123456",
            "M@tkhau2026!!!",
            "Matkhaumoi@2026",
            "P@ssw0rd2026!!",
            "Password123456!",
            "qwertyuiop1234",
            "1qaz2wsx3edc4rfv",
            "zxcvbnm,./12345",
            "12345678901234",
            "abcdefghijklmn",
            "aaaaaaaaaaaaaa",
            "abcabcabcabcabc",
            "01/01/1990@2026",
            "NguyenVanAn@123",
            "nguyenvanan1990",
            "Annv@20261127!",
            "An.nguyen@2026",
            "TanThanh@123456",
            "UBND.TanThanh@1",
            "ubndxatanthanh1",
            "anhyeuem123456",
            "Iloveyou@12345",
            "Viettel@123456",
            "Cntt@vinhlong1",
            "Quantri@123456",
            "Quản trị viên 1",
            "Vietnam@vodich1",
            "Hochiminh@1945",
            "doclaptudohanhphuc",
            "Độc lập tự do",
            "Gieng@20262026",
            "Anninhmang@2026",
            "PhongVanThu#2026",
            "Snmp@public123",
            "1234qwerASDF!@#$",
        ] {
            assert!(why(weak, &around).is_some(), "{weak} is taken");
        }
    }

    #[test]
    fn what_is_hard_to_guess_is_taken() {
        let around = around();
        for strong in [
            "một câu dài dễ nhớ",
            "mot cau de nho that dai",
            "Rat-dai-va-kho-doan-26",
            "một câu khác hẳn",
            "và một câu thứ ba",
            "ghế tre xanh bên sông vắng",
            "trâu đọc báo dưới gốc dừa",
            "correct horse battery staple",
            "kX9!vq2#Lm7z",
            "kX9!vq2#",
            "9fKq-2mVx_81Zr7t",
        ] {
            assert_eq!(why(strong, &around), None, "{strong} is refused");
        }
    }

    #[test]
    fn the_reason_is_told() {
        let around = around();
        for (weak, reason) in [
            ("NguyenVanAn@123", "tên của bạn"),
            ("matkhau123456!", "thử trước tiên"),
            ("efghijklmnopqr", "liên tiếp"),
            ("aaaaaaaaaaaaaa", "lặp đi"),
        ] {
            let told = why(weak, &around).unwrap();
            assert!(told.vi.contains(reason), "{weak}: {}", told.vi);
            assert!(told.vi.contains("bốn, năm từ") && told.en.contains("four or five"));
        }
    }
}
