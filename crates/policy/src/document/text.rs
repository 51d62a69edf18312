//! Sentences with placeholders: `Đơn vị có {sites} điểm kết nối.`

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Words.
    Words(&'a str),
    /// The name in braces.
    Name(&'a str),
}

/// Cuts a sentence at its placeholders; a brace that is never closed is a word.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else {
            break;
        };
        if open > 0 {
            all.push(Piece::Words(&rest[..open]));
        }
        all.push(Piece::Name(rest[open + 1..open + close].trim()));
        rest = &rest[open + close + 1..];
    }
    if !rest.is_empty() {
        all.push(Piece::Words(rest));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_cut_at_their_placeholders() {
        assert_eq!(
            pieces("Có {sites} điểm{x}"),
            [
                Piece::Words("Có "),
                Piece::Name("sites"),
                Piece::Words(" điểm"),
                Piece::Name("x")
            ]
        );
        assert_eq!(pieces("nửa {chừng"), [Piece::Words("nửa {chừng")]);
    }
}
