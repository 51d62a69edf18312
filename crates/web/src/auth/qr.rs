//! A QR code as SVG.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// The picture of a text, dark on white, with the quiet zone of four modules
/// that readers need; empty when the text is too long for a QR code.
pub fn svg(text: &str) -> String {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::M) else {
        return String::new();
    };
    let (width, colors) = (code.width(), code.to_colors());
    let size = width + 8;
    let mut out = format!(
        "<svg viewBox=\"0 0 {size} {size}\" shape-rendering=\"crispEdges\"><path fill=\"#000\" d=\""
    );
    for (i, color) in colors.iter().enumerate() {
        if *color == Color::Dark {
            let _ = write!(out, "M{} {}h1v1h-1z", i % width + 4, i / width + 4);
        }
    }
    out.push_str("\"/></svg>");
    out
}
