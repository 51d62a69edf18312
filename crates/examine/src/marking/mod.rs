//! The markings of state secrets (Decree 26/2020/NĐ-CP; in the regulations: nothing so
//! marked may be on the network): "MẬT", "TỐI MẬT", "TUYỆT MẬT".

mod letters;
mod line;
mod words;

use domain::legacy::Legacy;
use letters::may_mark;
pub use letters::{of_font, of_private, redrawn};
use line::Line;

/// Whether a text carries a marking of secrecy as a document does, not only a word about
/// secrets.
///
/// A marking stands in capitals: alone on its line or in its column, beside a marking of
/// urgency, or at the end of a line that belongs to the head of a document; or, in any
/// letters, after "Độ mật:". "BẢO MẬT", "MẬT KHẨU", or a sentence about documents that are
/// marked so are none. Letters that are not seen, that look alike, that are written backwards,
/// or that are set in a legacy code (TCVN3, VNI, VIQR) are read as a person reads them.
pub fn is_marked(text: &str) -> bool {
    // Without one of these no marking can be made: most of what is large is over here.
    let unicode =
        !text.is_ascii() || text.contains("MAT") || text.contains("Mat") || text.contains("M A T");
    (unicode && marked_in(&letters::plain(text)))
        || [Legacy::Tcvn3, Legacy::Vni]
            .into_iter()
            .any(|code| may_mark(code, text) && marked_in(&letters::plain(&redrawn(code, text))))
        || [letters::typed(text), letters::turned(text)]
            .into_iter()
            .flatten()
            .any(|text| marked_in(&letters::plain(&text)))
}

/// So many lines are looked at for a stamp in small letters.
const HEAD: usize = 15;

/// Whether a text begins as a document that is stamped in small letters, with a capital in
/// front: "Tối mật" alone on a line.
///
/// The stamp stands among the first lines, at most two from a line of the head (who issues it,
/// its number, its date); "Tối mật" and "Tuyệt mật" also on the first or second line without a
/// head. It is none where the lines name other levels too (a list to choose from), below a
/// heading "Độ mật" (a table), in a list, or where it is only a word ("Mật" in a text without
/// a head).
pub fn is_stamped(text: &str) -> bool {
    stamped_in(text, false)
}

/// The same for what stands on each page: there a level alone on a line is a stamp.
pub fn is_stamped_heading(text: &str) -> bool {
    stamped_in(text, true)
}

fn stamped_in(text: &str, on_each_page: bool) -> bool {
    let mut lines = Vec::new();
    for line in split(text).take(HEAD) {
        lines.push(letters::plain(line));
    }
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    line::is_stamped(&lines, on_each_page)
}

/// The lines of a text that hold something.
fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| (c.is_control() && c != '\t') || matches!(c, '\u{2028}' | '\u{2029}'))
        .map(str::trim)
        .filter(|line| !line.is_empty())
}

/// Whether one of the lines is marked; its neighbours say whether it is a line of its own.
fn marked_in(text: &str) -> bool {
    let lines: Vec<&str> = split(text).collect();
    let at = |i: usize| lines.get(i).copied().unwrap_or("");
    lines.iter().enumerate().any(|(i, line)| {
        let before = i.checked_sub(1).map_or("", at);
        Line::new(before, line, at(i + 1)).is_marked()
    }) || stands_upright(&lines)
}

/// Letters or parts of words one below the other.
fn stands_upright(lines: &[&str]) -> bool {
    let piece = |line: &&str| {
        line.chars().take(MOST_OF_PIECE + 1).count() <= MOST_OF_PIECE
            && line.chars().all(char::is_alphabetic)
    };
    let begins = |run: &[&str]| {
        let mut joined = String::new();
        // It ends with the longest marking, not with the run: a text may be one run.
        run.iter()
            .map_while(|line| {
                joined.push_str(line);
                (joined.len() <= LONGEST).then(|| line::is_solid_marking(&joined))
            })
            .any(|marked| marked)
    };
    lines
        .chunk_by(|a, b| piece(a) && piece(b))
        .filter(|run| run.len() > 1)
        .any(|run| (0..run.len()).any(|from| run.get(from..).is_some_and(begins)))
}

/// The most letters of a part of a word that stands on a line of its own.
const MOST_OF_PIECE: usize = 4;
/// The longest marking, bytes.
const LONGEST: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markings_stand_for_themselves() {
        for marked in [
            "UBND TỈNH\nMẬT\nSố: 05",
            "  [TUYỆT MẬT]  ",
            "TỐI\u{a0}MẬT",
            "UBND TỈNH     TỐI MẬT\r\n",
            "a\tMẬT\tb",
            "M Ậ T",
            "T U Y Ệ T  M Ậ T\nT U Y Ệ T M Ậ T",
            "T Ố I  M Ậ T",
            "Độ mật: Tối mật",
            // The same letters, composed of parts.
            "MA\u{323}\u{302}T",
            "M.Ậ.T",
            "MẬ T",
            "* * * MẬT * * *",
            "MẬT MẬT MẬT",
            "M\nẬ\nT",
            "T\nỐ\nI\nM\nẬ\nT",
            "TUYỆT\nMẬT",
            "UBND\nMẬ\nT\nSố",
            // Not seen, or seen alike.
            "M\u{200b}ẬT",
            "M\u{ad}Ậ\u{2060}T",
            "МẬТ",
            "ＴỐＩ ＭẬＴ",
            "MẬT\u{2028}Số 5",
            "ТUУỆТ МẬТ",
            // Beside other words of the head of a document.
            "TỐI MẬT - HỎA TỐC",
            "MẬT   KHẨN",
            "HOẢ TỐC, MẬT",
            "THƯỢNG KHẨN/TỐI MẬT",
            "TUYỆT MẬT Hỏa tốc hẹn giờ",
            "UBND TINH MẬT",
            "ỦY BAN NHÂN DÂN TỈNH VĨNH LONG TỐI MẬT",
            "CÔNG AN TỈNH MẬT CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
            "MẬT Số: 05/BC-UBND",
            "MẬT Bản số: 03",
            "Số: 05/BC-UBND MẬT",
            "Số: 12/KH-UBND (TỐI MẬT)",
            "TUYỆT MẬT Vĩnh Long, ngày 5 tháng 8 năm 2026",
            "MẬT - Kế hoạch bảo vệ",
            "[TỐI MẬT] Kế hoạch bảo vệ",
            "Kế hoạch bảo vệ (MẬT)",
            "Kế hoạch bảo vệ - TUYỆT MẬT",
            "UBND TỈNH - MẬT - Số 5",
            "MẬT: Phương án tác chiến",
            "MẬT BÁO CÁO TÌNH HÌNH",
            "TÀI LIỆU TỐI MẬT",
            "CÔNG VĂN TỐI MẬT",
            "# TUYỆT MẬT\n\n**MẬT**\n",
            "\u{d0}ộ mật: Mật",
            "TÀI LIỆU MẬT",
            // After its label, in any letters.
            "Độ mật: mật",
            "ĐỘ MẬT: TUYỆT MẬT",
            "Mức độ mật – Tối mật",
            "Số: 05/BC; Độ mật: Tối mật; Độ khẩn: Hỏa tốc",
            "Độ mật:\tTối mật",
            "Độ mật:\nMật",
            "Phân loại: TỐI MẬT",
            // TCVN3 and VNI, read as Latin-1.
            "MËT",
            "uû ban nh©n d©n tØnh\nTèI MËT\nSè: 05",
            "TUYEÄT MAÄT",
            "UÛY BAN NHAÂN DAÂN\nMAÄT",
            "TUYET MAT",
            "TOI MAT",
            // As it is typed in ASCII, and backwards.
            "UBND TINH\nMA^.T\nSo: 05",
            "TO^'I MA^.T",
            "\u{202e}TẬM",
            "UBND\n\u{202e}TẬM IỐT\u{202c}\nSố 5",
        ] {
            assert!(is_marked(marked), "{marked:?}");
        }
    }

    /// A text of people may be of any shape: none takes more than a moment for each byte.
    #[test]
    fn a_long_text_takes_no_longer_for_each_letter() {
        let long = |unit: &str| unit.repeat((1 << 18) / unit.len());
        for text in [
            long("M\nẬ\n"),
            long("T\nỐ\nI\nM\nẬ\n"),
            "x ".to_owned() + &long("MẬT, "),
            "BẢO ".to_owned() + &long("MẬT KHẨU BẢO "),
            "UBND TỈNH ".to_owned() + &long("BẢO MẬT "),
            "Độ mật: ".to_owned() + &long("mật, tối mật, "),
            long("Độ mật: mật tối mật "),
            long("MẬT KHẨU  "),
            long("MẬT KHẨU\t"),
            "M".to_owned() + &long("\u{323}\u{302}"),
            long("\u{202e}TẬ"),
            long("A^.\n"),
        ] {
            let begun = std::time::Instant::now();
            is_marked(&text);
            is_stamped(&text);
            let shape: String = text.chars().take(20).collect();
            let taken = begun.elapsed();
            // Without optimisation; what grows with the square takes minutes.
            assert!(taken.as_secs_f64() < 10.0, "{shape:?}: {taken:?}");
        }
        // A megabyte of letters one below the other.
        let begun = std::time::Instant::now();
        assert!(!is_marked(&long("M\nẬ\n").repeat(4)));
        assert!(begun.elapsed().as_secs_f64() < 5.0, "{:?}", begun.elapsed());
    }

    #[test]
    fn words_about_secrets_are_none() {
        for free in [
            "",
            "Mật",
            "Tối mật",
            "Đổi MẬT khẩu",
            "MẬT KHẨU",
            "MẬT KHẨU: 12 ký tự",
            "BẢO MẬT",
            "QUY CHẾ BẢO MẬT",
            "AN TOÀN THÔNG TIN, BẢO\nMẬT",
            "ĐỔI MẬT\nKHẨU",
            "BÍ MẬT",
            "BẢO VỆ BÍ MẬT NHÀ NƯỚC",
            "CƠ MẬT VIỆN",
            "MẬT MÃ",
            "MẬT ĐỘ DÂN SỐ",
            "MẬT ONG RỪNG",
            "Bí thư chi bộ tặng mật ong",
            "Không soạn tài liệu MẬT, TỐI MẬT trên mạng",
            "Không soạn thảo, lưu giữ tài liệu có độ MẬT trên máy tính nối mạng",
            "Cấm truyền văn bản đóng dấu TUYỆT MẬT qua mạng",
            "Văn bản có dấu \"MẬT\" không được đưa lên mạng.",
            "Ba độ mật: TUYỆT MẬT, TỐI MẬT, MẬT",
            "Độ mật: không",
            "Độ mật: Thường",
            "Độ mật: mật, tối mật, tuyệt mật",
            "Độ mật: □ Mật □ Tối mật □ Tuyệt mật",
            "Độ mật",
            "ĐỘ MẬT",
            "ĐỘ MẬT, ĐỘ KHẨN",
            "Số\tNgày\tĐỘ MẬT\tTrích yếu",
            "SỔ ĐĂNG KÝ TÀI LIỆU MẬT ĐẾN",
            "QUẢN LÝ TÀI LIỆU MẬT",
            "BAN HÀNH QUY ĐỊNH VỀ TÀI LIỆU MẬT",
            "VĂN PHÒNG QUẢN LÝ VĂN BẢN MẬT",
            "PHÒNG BẢO MẬT",
            "TRUNG TÂM CÔNG NGHỆ THÔNG TIN VÀ BẢO MẬT",
            "CÔNG AN TỈNH: BẢO VỆ BÍ MẬT",
            "SỞ NỘI VỤ TẬP HUẤN VỀ CÔNG TÁC BẢO MẬT",
            "CỤC QUẢN LÝ MẬT MÃ DÂN SỰ",
            "1. Tuyệt mật;\n2. Tối mật;\n3. Mật.",
            "a) TUYỆT MẬT;\nb) TỐI MẬT;\nc) MẬT.",
            "* TUYỆT MẬT\n* TỐI MẬT\n* MẬT",
            "SỔ CÔNG VĂN MẬT",
            "- TUYỆT MẬT: thông tin đặc biệt quan trọng\n- TỐI MẬT: thông tin rất quan trọng\n- MẬT: thông tin quan trọng",
            "NGUYỄN VĂN MẬT",
            "TÚI MẬT",
            "MẶT TRẬN TỔ QUỐC",
            "MAT 5",
            "Số MAT: 100200",
            "Moët & Chandon",
            "Lưu trữ MẬT ĐỘ cao - 48 cổng",
            "password secret 5 MAT",
            "access-list 10 remark TOI MAT KET NOI",
            "x = a^.b; MA^.T KHA^?U",
            "\u{202e}TẬM ỌẢB",
        ] {
            assert!(!is_marked(free), "{free:?}");
        }
    }

    #[test]
    fn a_stamp_in_small_letters_stands_in_the_head() {
        for stamped in [
            "UBND TỈNH VĨNH LONG\nMật\nSố: 05/BC-UBND",
            "UBND TỈNH\nSỞ NỘI VỤ\n-------\nTối mật\nSố: 05\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
            "Mật\nUBND XÃ AN BÌNH",
            "Tuyệt mật\nPhương án bảo vệ mục tiêu",
            "[Tối mật]\nKế hoạch",
            "(Tối Mật)\nSố: 12/KH",
        ] {
            assert!(is_stamped(stamped), "{stamped:?}");
        }
        let prose =
            "UBND TỈNH\nSố: 5\n".to_owned() + &"Nội dung dòng thường\n".repeat(20) + "Tối mật\n";
        for free in [
            "",
            "Mật",
            "mật",
            "Mật\nlà tên một loại sản phẩm của ong",
            "SẢN PHẨM\nĐường\nMật\nSữa",
            "UBND XÃ AN BÌNH\nDANH MỤC SẢN PHẨM\nĐường\nMật\nSữa",
            "UBND TỈNH\nĐộ mật\nThường\nMật\nTối mật\nTuyệt mật",
            "UBND TỈNH\nMật\nTối mật\nTuyệt mật",
            "UBND TỈNH\nSTT\nĐộ mật\nTrích yếu\n1\nMật\nx",
            "UBND TỈNH\n- Mật;\nSố: 5",
            "UBND TỈNH\nBảo mật\nSố: 5",
            prose.as_str(),
        ] {
            assert!(!is_stamped(free), "{free:?}");
        }
        assert!(is_stamped_heading("Trang 1\nMật"));
        assert!(!is_stamped_heading("Quy chế bảo mật\nTrang 1"));
        assert!(!is_stamped_heading("Mật\nTối mật"));
    }
}
