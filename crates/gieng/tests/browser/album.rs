//! Pictures for `docs/screenshots`, made on demand and kept small.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use testkit::browser::Browser;

/// No picture is larger, bytes.
const LARGEST: usize = 200 << 10;
/// A palette has so many colours: first the most frequent, which are the flat ones,
const COLOURS: usize = 256;
/// of which there are so many; then those that lie farthest from all before them.
const FLAT: usize = 160;
/// So far at most, of 255 in any channel, a pixel lies from what the browser showed. Nobody
/// sees it.
const FARTHEST: u8 = 16;

type Colour = [u8; 3];

/// Where pictures go, when any are asked for.
pub fn folder() -> Option<PathBuf> {
    let folder = match std::env::var("GIENG_SCREENSHOTS").ok()?.as_str() {
        "" | "0" => return None,
        "1" => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/screenshots"),
        folder => PathBuf::from(folder),
    };
    std::fs::create_dir_all(&folder).expect("the folder for pictures can be made");
    Some(folder)
}

/// Keeps what the browser shows under this name.
pub async fn photograph(browser: &Browser, name: &str) {
    let Some(album) = folder() else { return };
    let shown = browser.client.screenshot().await.expect("it can be seen");
    let picture = reduced(&shown);
    assert!(picture.len() < LARGEST, "{name}: {} bytes", picture.len());
    std::fs::write(album.join(format!("{name}.png")), picture).expect("the folder is there");
}

/// How far apart two colours are in the channel that differs most.
fn apart(a: Colour, b: Colour) -> u8 {
    let channels = a.into_iter().zip(b).map(|(a, b)| a.abs_diff(b));
    channels.max().unwrap_or_default()
}

/// At most 256 of the colours, and which of them stands for each.
fn palette(counts: &BTreeMap<Colour, usize>) -> (Vec<Colour>, HashMap<Colour, u8>) {
    let mut colours: Vec<Colour> = counts.keys().copied().collect();
    colours.sort_by_key(|colour| std::cmp::Reverse(counts[colour]));
    let mut chosen: Vec<Colour> = colours.iter().copied().take(FLAT).collect();
    // By colour: the nearest that is chosen, and how far it is.
    let nearest = |colour: Colour| {
        let near = chosen.iter().enumerate();
        near.map(|(i, c)| (apart(colour, *c), i))
            .min()
            .unwrap_or_default()
    };
    let mut near: Vec<(u8, usize)> = colours.iter().map(|c| nearest(*c)).collect();
    while chosen.len() < COLOURS.min(colours.len()) {
        let far = (0..colours.len())
            .max_by_key(|i| near[*i].0)
            .unwrap_or_default();
        let new = chosen.len();
        chosen.push(colours[far]);
        for (colour, near) in colours.iter().zip(&mut near) {
            *near = (apart(*colour, colours[far]), new).min(*near);
        }
    }
    let farthest = near.iter().map(|(apart, _)| *apart).max();
    assert!(
        farthest <= Some(FARTHEST),
        "{farthest:?} of {}",
        colours.len()
    );
    let index = |(_, i): &(u8, usize)| u8::try_from(*i).expect("there are 256");
    let stands = colours.iter().copied().zip(near.iter().map(index));
    (chosen, stands.collect())
}

/// A screenshot (PNG of eight bits, RGB or RGBA without anything that shows through) with a
/// palette, a third as large.
fn reduced(shown: &[u8]) -> Vec<u8> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(shown))
        .read_info()
        .expect("a browser's screenshot is PNG");
    let mut bytes = vec![0; reader.output_buffer_size().expect("it fits")];
    let frame = reader.next_frame(&mut bytes).expect("it is whole");
    assert_eq!(frame.bit_depth, png::BitDepth::Eight);
    let pixels = bytes[..frame.buffer_size()]
        .chunks_exact(frame.color_type.samples())
        .map(|pixel| [pixel[0], pixel[1], pixel[2]]);
    let mut counts = BTreeMap::new();
    for pixel in pixels.clone() {
        *counts.entry(pixel).or_default() += 1;
    }
    let (chosen, stands) = palette(&counts);
    let indexed: Vec<u8> = pixels.map(|pixel| stands[&pixel]).collect();
    let mut picture = Vec::new();
    let mut encoder = png::Encoder::new(&mut picture, frame.width, frame.height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(chosen.concat());
    encoder.set_compression(png::Compression::High);
    // Neighbours in a palette have nothing to do with each other.
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header().expect("into memory");
    writer.write_image_data(&indexed).expect("all of it");
    writer.finish().expect("into memory");
    picture
}

#[test]
fn a_picture_with_a_palette_shows_what_was_there() {
    let (width, height) = (64, 40);
    // Flat ground, and a line of many shades.
    let colour = |x: u32, y: u32| match y {
        0..20 => [245, 246, 248],
        20 => [u8::try_from(x * 4).unwrap(), 93, 138],
        _ => [0, u8::try_from((x * 40 + y) % 251).unwrap(), 92],
    };
    let all = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let bytes: Vec<u8> = all.clone().flat_map(|(x, y)| colour(x, y)).collect();
    let mut shown = Vec::new();
    let mut encoder = png::Encoder::new(&mut shown, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&bytes).unwrap();
    writer.finish().unwrap();

    let picture = reduced(&shown);
    let mut decoder = png::Decoder::new(std::io::Cursor::new(&picture));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut read = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut read).unwrap();
    let pixels = read.chunks_exact(3).map(|p| [p[0], p[1], p[2]]);
    for ((x, y), pixel) in all.zip(pixels) {
        assert!(apart(pixel, colour(x, y)) <= FARTHEST, "{x} {y}");
        assert!(y >= 20 || pixel == [245, 246, 248], "what is flat is exact");
    }
}
