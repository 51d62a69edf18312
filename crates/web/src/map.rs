//! The province as a picture: sites at their coordinates, drawn by the server as SVG.
//!
//! Sites keep their places as far as can be: those that would cover each other
//! (twenty departments in one street) are moved apart on a spiral, and a label
//! is drawn only where it covers no other label and no site. What is not well is
//! labelled first.

use std::collections::HashMap;

use crate::mark::Mark;

/// A site to be drawn.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its name, as written beside it.
    pub name: String,
    /// Where a click leads.
    pub href: String,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// Its state.
    pub mark: Mark,
    /// Whether links of others end here.
    pub hub: bool,
    /// The index of the place its link leads to.
    pub parent: Option<usize>,
    /// What is said of it when it is pointed at, one line each: its full name, its state, more.
    pub about: Vec<String>,
}

/// A site as drawn; lengths are units of the view box.
#[derive(Debug)]
pub struct Dot {
    /// The site.
    pub place: Place,
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// The size of its shape.
    pub r: f64,
    /// Where its name is written, if there is room.
    pub label: Option<Text>,
    /// Whether it asks for attention.
    pub hot: bool,
}

/// Where a label stands.
#[derive(Debug)]
pub struct Text {
    /// From the left.
    pub x: f64,
    /// Its base line, from the top.
    pub y: f64,
    /// `start`, `middle` or `end`.
    pub anchor: &'static str,
}

/// A link from a site to the one its traffic goes through.
#[derive(Debug)]
pub struct Link {
    /// The state of the far end.
    pub mark: Mark,
    /// The path's `d`.
    pub d: String,
}

/// The whole picture.
#[derive(Debug, Default)]
pub struct Map {
    /// Width of the view box.
    pub width: f64,
    /// Height of the view box.
    pub height: f64,
    /// Radius of the land around each site.
    pub land: f64,
    /// Links, the worst last, so that they lie on top.
    pub links: Vec<Link>,
    /// Sites, the worst last.
    pub dots: Vec<Dot>,
    /// Where the land is drawn: the true coordinates.
    pub ground: Vec<(f64, f64)>,
}

const WIDTH: f64 = 860.0;
const MARGIN: f64 = 46.0;

impl Map {
    /// Draws the places; none makes an empty picture.
    pub fn draw(places: Vec<Place>) -> Self {
        if places.is_empty() {
            return Self::default();
        }
        let (ground, height) = project(&places);
        let gap = (11.5 * (160.0 / count(places.len())).sqrt()).clamp(4.0, 11.5);
        let spots = spread(&places, &ground, gap);
        let mut links: Vec<Link> = places
            .iter()
            .enumerate()
            .filter_map(|(i, place)| {
                let (to, from) = (*spots.get(place.parent?)?, spots[i]);
                Some(Link {
                    mark: place.mark,
                    d: curve(from, to),
                })
            })
            .collect();
        links.sort_by_key(|link| link.mark.urgency());
        let mut dots: Vec<Dot> = places
            .into_iter()
            .zip(spots)
            .map(|(place, (x, y))| Dot {
                hot: matches!(place.mark, Mark::Down | Mark::Isolated),
                r: if place.hub { gap * 0.62 } else { gap * 0.42 },
                place,
                x,
                y,
                label: None,
            })
            .collect();
        dots.sort_by_key(|dot| (dot.place.mark.urgency(), dot.place.hub));
        label(&mut dots, height);
        let land = 0.62 * (WIDTH * height / count(dots.len())).sqrt();
        Self {
            width: WIDTH,
            height,
            land: land.clamp(14.0, 60.0),
            links,
            dots,
            ground,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "thousands of sites at most")]
fn count(n: usize) -> f64 {
    n.max(1) as f64
}

/// Equirectangular: a degree of longitude is shorter by the cosine of the latitude.
/// Returns the points and the height of the view box.
fn project(places: &[Place]) -> (Vec<(f64, f64)>, f64) {
    let bounds = |value: fn(&Place) -> f64| {
        places
            .iter()
            .map(value)
            .fold((f64::MAX, f64::MIN), |(low, high), v| {
                (low.min(v), high.max(v))
            })
    };
    let (south, north) = bounds(|p| p.lat);
    let (west, east) = bounds(|p| p.lon);
    let shrink = ((south + north) / 2.0).to_radians().cos();
    // One site alone still gets a picture: nothing is divided by zero.
    let (wide, high) = (
        ((east - west) * shrink).max(0.02),
        (north - south).max(0.02),
    );
    let height = ((WIDTH - 2.0 * MARGIN) * high / wide + 2.0 * MARGIN).clamp(420.0, 760.0);
    let scale = ((WIDTH - 2.0 * MARGIN) / wide).min((height - 2.0 * MARGIN) / high);
    let left = (WIDTH - wide * scale) / 2.0;
    let top = (height - high * scale) / 2.0;
    let points = places
        .iter()
        .map(|p| {
            (
                left + (p.lon - west) * shrink * scale,
                top + (north - p.lat) * scale,
            )
        })
        .collect();
    (points, height)
}

/// Moves sites apart until no two are nearer than `gap`: hubs keep their places,
/// each other goes to the nearest free point of a spiral around its own.
fn spread(places: &[Place], ground: &[(f64, f64)], gap: f64) -> Vec<(f64, f64)> {
    #[expect(clippy::cast_possible_truncation, reason = "a cell of a picture")]
    let cell = |(x, y): (f64, f64)| ((x / gap).floor() as i32, (y / gap).floor() as i32);
    let mut taken: HashMap<(i32, i32), Vec<(f64, f64)>> = HashMap::new();
    let mut spots = ground.to_vec();
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by_key(|&i| !places[i].hub);
    for i in order {
        let own = ground[i];
        let free = |at: (f64, f64)| {
            let (cx, cy) = cell(at);
            (cx - 1..=cx + 1).all(|x| {
                (cy - 1..=cy + 1).all(|y| {
                    taken.get(&(x, y)).is_none_or(|near| {
                        near.iter()
                            .all(|p| (p.0 - at.0).hypot(p.1 - at.1) >= gap * 0.98)
                    })
                })
            })
        };
        let spot = (0..600)
            .map(|step| {
                // The golden angle fills a disc evenly.
                let radius = gap * 0.55 * f64::from(step).sqrt();
                let angle = f64::from(step) * 2.399_963;
                (own.0 + radius * angle.cos(), own.1 + radius * angle.sin())
            })
            .find(|&at| free(at))
            .unwrap_or(own);
        taken.entry(cell(spot)).or_default().push(spot);
        spots[i] = spot;
    }
    spots
}

/// A slightly slack line, as of a net.
fn curve((x1, y1): (f64, f64), (x2, y2): (f64, f64)) -> String {
    let sag = 0.06;
    let (mx, my) = (f64::midpoint(x1, x2), f64::midpoint(y1, y2));
    let (cx, cy) = (mx - (y2 - y1) * sag, my + (x2 - x1) * sag);
    format!("M{x1:.1} {y1:.1}Q{cx:.1} {cy:.1} {x2:.1} {y2:.1}")
}

/// The picture in small squares, and which of them are taken.
struct Grid {
    across: i32,
    down: i32,
    taken: Vec<bool>,
}

/// Squares from the first to the last, both inclusive: left, right, top, bottom.
type Squares = (i32, i32, i32, i32);

impl Grid {
    const CELL: f64 = 4.0;

    fn new(height: f64) -> Self {
        let (_, across, _, down) = Self::squares(0.0, 0.0, WIDTH, height);
        let (across, down) = (across + 1, down + 1);
        let size = usize::try_from(across * down).unwrap_or_default();
        Self {
            across,
            down,
            taken: vec![false; size],
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "a square of a picture")]
    fn squares(x: f64, y: f64, w: f64, h: f64) -> Squares {
        let at = |v: f64| (v / Self::CELL).floor() as i32;
        (at(x), at(x + w), at(y), at(y + h))
    }

    fn places(&self, (left, right, top, bottom): Squares) -> impl Iterator<Item = usize> + use<> {
        let (across, down) = (self.across, self.down);
        (top.max(0)..=bottom.min(down - 1)).flat_map(move |y| {
            (left.max(0)..=right.min(across - 1))
                .filter_map(move |x| usize::try_from(y * across + x).ok())
        })
    }

    fn take(&mut self, squares: Squares) {
        for place in self.places(squares) {
            self.taken[place] = true;
        }
    }

    /// Whether nothing is there but what lies in `own`.
    fn is_free(&self, squares: Squares, own: Squares) -> bool {
        let (left, right, top, bottom) = own;
        self.places(squares).all(|place| {
            !self.taken[place]
                || i32::try_from(place).is_ok_and(|place| {
                    let (x, y) = (place % self.across, place / self.across);
                    (left..=right).contains(&x) && (top..=bottom).contains(&y)
                })
        })
    }
}

/// Writes names where there is room, the most urgent first.
fn label(dots: &mut [Dot], height: f64) {
    let around = |d: &Dot| Grid::squares(d.x - d.r, d.y - d.r, 2.0 * d.r, 2.0 * d.r);
    let mut grid = Grid::new(height);
    for dot in dots.iter() {
        grid.take(around(dot));
    }
    for dot in dots.iter_mut().rev() {
        let strong = dot.hot || dot.place.hub;
        let size = if strong { 11.0 } else { 9.5 };
        let wide = count(dot.place.name.chars().count()) * size * if strong { 0.58 } else { 0.54 };
        let off = dot.r + 3.0;
        let (x, y) = (dot.x, dot.y);
        let own = around(dot);
        let options = [
            (x + off, y + size * 0.35, "start"),
            (x - off, y + size * 0.35, "end"),
            (x, y - off, "middle"),
            (x, y + off + size * 0.75, "middle"),
            (x + off * 0.7, y - off * 0.6, "start"),
            (x + off * 0.7, y + off * 0.6 + size * 0.7, "start"),
            (x - off * 0.7, y - off * 0.6, "end"),
            (x - off * 0.7, y + off * 0.6 + size * 0.7, "end"),
        ];
        dot.label = options.into_iter().find_map(|(tx, ty, anchor)| {
            let left = match anchor {
                "start" => tx,
                "end" => tx - wide,
                _ => tx - wide / 2.0,
            };
            let top = ty - size * 0.85;
            let inside = left > 2.0 && left + wide < WIDTH - 2.0 && top > 2.0 && ty < height - 2.0;
            let squares = Grid::squares(left, top, wide, size * 1.1);
            (inside && grid.is_free(squares, own)).then(|| {
                grid.take(squares);
                Text {
                    x: tx,
                    y: ty,
                    anchor,
                }
            })
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(i: usize, lat: f64, lon: f64) -> Place {
        Place {
            name: format!("Xã số {i}"),
            href: format!("/units/x{i}"),
            lat,
            lon,
            mark: if i == 7 { Mark::Down } else { Mark::Up },
            hub: i == 0,
            parent: (i > 0).then_some(0),
            about: Vec::new(),
        }
    }

    #[test]
    fn no_site_covers_another_and_no_label_a_label() {
        // Half of them in one street, the other half over the province.
        let places = (0..200)
            .map(|i| {
                let k = count(i);
                if i % 2 == 0 {
                    place(i, 10.25, 105.97)
                } else {
                    place(i, 9.6 + (k * 0.37) % 0.7, 105.8 + (k * 0.61) % 0.9)
                }
            })
            .collect();
        let map = Map::draw(places);
        assert_eq!((map.dots.len(), map.links.len()), (200, 199));
        for (i, a) in map.dots.iter().enumerate() {
            assert!(a.x > 0.0 && a.x < map.width && a.y > 0.0 && a.y < map.height);
            for b in &map.dots[i + 1..] {
                assert!((a.x - b.x).hypot(a.y - b.y) >= a.r.max(b.r) * 1.2);
            }
        }
        let last = map.dots.last().unwrap();
        assert!(
            last.hot && last.label.is_some(),
            "the dead site is labelled first"
        );
        assert!(map.dots.iter().filter(|d| d.label.is_some()).count() > 40);
    }

    #[test]
    fn nothing_and_one_are_drawn_too() {
        assert!(Map::draw(Vec::new()).dots.is_empty());
        let map = Map::draw(vec![place(1, 10.0, 106.0)]);
        assert!(map.dots[0].x.is_finite() && map.dots[0].y.is_finite());
    }
}
