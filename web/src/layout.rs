//! Where things stand on the map: from how much there is and how wide the pane is to places in
//! CSS pixels. Pure; nothing is drawn here.

use crate::picture::{Card, Picture};

/// Machines from which the cards shrink to squares of tasks.
pub(crate) const COMPACT_FROM: usize = 16;
/// Header of a card.
pub(crate) const HEAD: u32 = 44;
/// One task's row with its gap.
pub(crate) const PITCH: u32 = 30;
const MARGIN: u32 = 16;
/// Room for a second line of a card: "behind: …".
const FLOOR: u32 = 22;

/// A rectangle, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) w: u32,
    pub(crate) h: u32,
}

impl Area {
    pub(crate) const fn right(self) -> u32 {
        self.x + self.w
    }
    pub(crate) const fn bottom(self) -> u32 {
        self.y + self.h
    }
    pub(crate) const fn middle(self) -> u32 {
        self.x + self.w / 2
    }
}

/// The whole map, placed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// In the order of the cards.
    pub(crate) cards: Vec<Area>,
    /// Task rows that fit into a card.
    pub(crate) rows: usize,
    pub(crate) compact: bool,
    /// One row of cards: wires lead from the ports to the band.
    pub(crate) wires: bool,
    pub(crate) waiting: Option<Area>,
    pub(crate) band: Area,
    /// One per published service, in the picture's order of those.
    pub(crate) chips: Vec<Area>,
    pub(crate) client: Option<Area>,
}

/// Width of text of a monospaced 11 px letter.
pub(crate) const fn mono(chars: u32) -> u32 {
    chars * 67 / 10
}

fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Rows of tasks and containers a card wants to show.
pub(crate) fn wanted(card: &Card) -> usize {
    card.tasks.len() + card.containers.len()
}

/// Places a picture into `width` × `height`. It may come out higher: then the pane scrolls.
/// `client` is the card that a request enters at.
pub(crate) fn place(picture: &Picture, width: u32, height: u32, client: Option<usize>) -> Layout {
    let width = width.max(240);
    let count = picture.cards.len();
    let compact = count >= COMPACT_FROM;
    let gap = if compact { 8 } else { 14 };
    let room = width - 2 * MARGIN;
    let (columns, card_width) = columns(count, room, gap, compact);
    let lines = count.div_ceil(columns.max(1)).max(1);
    let wires = lines == 1 && !compact;

    let wire = if wires { 26 } else { 12 };
    let band_height = 34;
    let waiting_height = if picture.waiting.is_empty() { 0 } else { 34 };
    let client_height = if client.is_some() { 74 } else { 0 };
    let below = wire + band_height + waiting_height + client_height + 10;
    let card_height = if compact {
        54
    } else {
        card_height(picture, to_u32(lines), height.saturating_sub(12 + below), gap)
    };
    let rows = if compact {
        usize::MAX
    } else {
        (card_height.saturating_sub(HEAD + 8 + FLOOR) / PITCH).max(1) as usize
    };

    // A single short row looks lost at the left: it is centred, but never moved by a state.
    let used = to_u32(columns.min(count.max(1))) * (card_width + gap) - gap;
    let left = MARGIN + room.saturating_sub(used) / 2;
    let step = card_height + gap + if wires { 0 } else { 10 };
    let cards: Vec<Area> = (0..count)
        .map(|k| Area {
            x: left + to_u32(k % columns) * (card_width + gap),
            y: 12 + to_u32(k / columns) * step,
            w: card_width,
            h: card_height,
        })
        .collect();
    let mut y = cards.last().map_or(12, |a| a.bottom()) + 12;
    let waiting = (waiting_height > 0).then(|| Area { x: MARGIN, y: y + 2, w: room, h: 26 });
    y += waiting_height + wire - 4;
    let band = Area { x: MARGIN, y, w: room, h: band_height };
    let chips = chips(picture, band);
    let entry = client.and_then(|k| cards.get(k)).map(|a| a.middle() + 18);
    let client = client.map(|_| Area {
        x: entry
            .map_or(MARGIN, |x| x.saturating_sub(75))
            .clamp(MARGIN, MARGIN + room - 150.min(room)),
        y: band.bottom() + 30,
        w: 150.min(room),
        h: 36,
    });
    let bottom = client.map_or(band.bottom(), Area::bottom) + 8;
    Layout {
        width,
        height: bottom.max(height),
        cards,
        rows,
        compact,
        wires,
        waiting,
        band,
        chips,
        client,
    }
}

/// How many cards stand side by side, and how wide one is.
fn columns(count: usize, room: u32, gap: u32, compact: bool) -> (usize, u32) {
    if compact {
        let columns = ((room + gap) / (101 + gap)).max(1);
        return (columns as usize, (room + gap) / columns - gap);
    }
    let n = to_u32(count.max(1));
    let alone = (room + gap).checked_div(n).unwrap_or(room).saturating_sub(gap);
    if count <= 5 && alone >= 116 {
        return (count.max(1), alone.min(232));
    }
    let most = ((room + gap) / (148 + gap)).max(1);
    // Even rows: 6 cards in a room for 5 are two rows of 3.
    let lines = n.div_ceil(most);
    let columns = n.div_ceil(lines).max(1);
    (columns as usize, ((room + gap) / columns - gap).min(232))
}

fn card_height(picture: &Picture, lines: u32, room: u32, gap: u32) -> u32 {
    let most = picture.cards.iter().map(wanted).max().unwrap_or(0);
    let want = HEAD + 8 + to_u32(most) * PITCH + FLOOR;
    let each = (room / lines.max(1)).saturating_sub(gap);
    let floor = HEAD + 8 + PITCH + FLOOR;
    // What is wanted, at most what there is room for, never less than one row.
    want.clamp(150, 330).min(each).max(floor)
}

/// The chips of published services, side by side in the band, shrunk where they are many.
fn chips(picture: &Picture, band: Area) -> Vec<Area> {
    let published: Vec<_> = picture.services.iter().filter(|s| !s.ports.is_empty()).collect();
    let count = to_u32(published.len());
    if count == 0 {
        return Vec::new();
    }
    let label = if band.w > 560 { 150 } else { 68 };
    let tail = if band.w > 900 { 140 } else { 8 };
    let room = band.w.saturating_sub(label + tail);
    let each = (room / count).saturating_sub(8);
    let mut x = band.x + label;
    let widths: Vec<u32> = published.iter().map(|s| mono(chip_chars(s)).min(each)).collect();
    let total: u32 = widths.iter().map(|w| w + 8).sum();
    x += room.saturating_sub(total) / 2;
    let mut out = Vec::new();
    for w in widths {
        out.push(Area { x, y: band.y + 6, w, h: 22 });
        x += w + 8;
    }
    out
}

fn chip_chars(service: &crate::picture::ServiceRow) -> u32 {
    to_u32(chip_text(service).chars().count()) + 6
}

/// `VIP 10.0.0.6 · web · 5000 → 5000/tcp`
pub(crate) fn chip_text(service: &crate::picture::ServiceRow) -> String {
    let mut text = String::new();
    if let Some(vip) = &service.vip {
        text.push_str("VIP ");
        text.push_str(vip);
        text.push_str(" · ");
    }
    text.push_str(&service.name);
    for (published, target, protocol) in &service.ports {
        text.push_str(&format!(" · {published} → {target}/{protocol}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Standing;

    fn picture(count: usize) -> Picture {
        let card = |k: usize| Card {
            name: format!("node{k}"),
            ip: String::new(),
            hue: 1,
            standing: Standing::None,
            powered: true,
            frozen: false,
            daemon: true,
            plugged: true,
            slow_ms: 0,
            part: 0,
            disk_full: false,
            availability: None,
            status: None,
            node: None,
            tasks: Vec::new(),
            containers: Vec::new(),
            ports: Vec::new(),
        };
        Picture { cards: (0..count).map(card).collect(), ..Picture::default() }
    }

    #[test]
    fn nothing_overlaps_and_nothing_leaves_the_pane() {
        for count in [1, 2, 3, 5, 6, 9, 15, 16, 50] {
            for width in [360, 390, 700, 1014, 1500] {
                let layout = place(&picture(count), width, 306, Some(0));
                assert_eq!(layout.cards.len(), count);
                for (k, a) in layout.cards.iter().enumerate() {
                    assert!(a.right() <= width, "{count} cards in {width}: {a:?}");
                    assert!(a.bottom() < layout.band.y, "{count} in {width}");
                    for b in layout.cards.iter().skip(k + 1) {
                        let apart = a.right() <= b.x || b.right() <= a.x;
                        assert!(apart || a.bottom() <= b.y, "{count} in {width}: {a:?} {b:?}");
                    }
                }
                assert!(layout.band.bottom() <= layout.height);
            }
        }
    }

    #[test]
    fn five_machines_share_one_row_on_a_laptop() {
        let layout = place(&picture(5), 1014, 306, None);
        assert!(layout.wires);
        assert!(layout.cards.iter().all(|a| a.y == layout.cards[0].y));
    }

    #[test]
    fn a_telephone_gets_two_columns() {
        let layout = place(&picture(5), 390, 600, None);
        assert_eq!(layout.cards[0].y, layout.cards[1].y);
        assert!(layout.cards[2].y > layout.cards[1].y);
    }
}
