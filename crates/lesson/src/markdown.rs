//! Markdown as our own tree of blocks: what the page draws and the player fills in.
//!
//! Untrusted text: HTML is never kept (but `details`/`summary`, which become [`Block::Details`]),
//! links only to http(s), mailto and anchors. Knows nothing of checks.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "events of a foreign parser: what is not named here is dropped on purpose"
)]

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A block of a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Block {
    /// A heading below the step's own.
    Heading(u8, Vec<Inline>),
    /// A paragraph.
    Paragraph(Vec<Inline>),
    /// A list; the number starts an ordered one.
    List(Option<u64>, Vec<Vec<Block>>),
    /// A quotation.
    Quote(Vec<Block>),
    /// A fenced block: its info word, its text, the byte where the text starts in the file.
    Fence {
        /// The info string, trimmed.
        info: String,
        /// The text.
        text: String,
        /// Byte offset of the block in the file.
        at: usize,
    },
    /// A table: header and rows of cells.
    Table(Vec<Vec<Inline>>, Vec<Vec<Vec<Inline>>>),
    /// A line across.
    Rule,
    /// A block opened by its summary.
    Details {
        /// The line to click.
        summary: String,
        /// What it opens.
        body: Vec<Block>,
        /// Byte offset of the block in the file.
        at: usize,
    },
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Inline {
    /// Plain text.
    Text(String),
    /// Code.
    Code(String),
    /// Strong.
    Strong(Vec<Inline>),
    /// Emphasis.
    Emphasis(Vec<Inline>),
    /// A link.
    Link(String, Vec<Inline>),
    /// A line break.
    Break,
}

type Events<'a> = std::iter::Peekable<std::vec::IntoIter<(Event<'a>, Range<usize>)>>;

/// A section: the `##` heading's text, its byte offset, its blocks. The first has no heading.
pub(crate) struct Section {
    pub(crate) heading: String,
    pub(crate) at: usize,
    pub(crate) blocks: Vec<Block>,
}

/// The page's `#` title and its sections.
pub(crate) fn sections(text: &str) -> (String, Vec<Section>) {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let events: Vec<_> = Parser::new_ext(text, options).into_offset_iter().collect();
    let mut events = events.into_iter().peekable();
    let mut title = String::new();
    let mut sections = vec![Section { heading: String::new(), at: 0, blocks: Vec::new() }];
    while let Some((event, range)) = events.peek().cloned() {
        if let Event::Start(Tag::Heading { level, .. }) = &event {
            let level = *level as u8;
            events.next();
            let inlines = inlines(&mut events);
            match level {
                1 if title.is_empty() => title = plain(&inlines),
                2 => sections.push(Section {
                    heading: plain(&inlines),
                    at: range.start,
                    blocks: Vec::new(),
                }),
                _ => add(&mut sections, Block::Heading(level, inlines)),
            }
        } else if let Some(block) = block(&mut events) {
            add(&mut sections, block);
        }
    }
    (title, sections)
}

fn add(sections: &mut [Section], block: Block) {
    if let Some(section) = sections.last_mut() {
        section.blocks.push(block);
    }
}

/// Blocks of a piece of Markdown without sections (feedback texts, hints).
#[must_use]
pub fn blocks(text: &str) -> Vec<Block> {
    let events: Vec<_> = Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter().collect();
    let mut events = events.into_iter().peekable();
    let mut out = Vec::new();
    while events.peek().is_some() {
        out.extend(block(&mut events));
    }
    out
}

/// One block; `None` for what is not kept. Always takes at least one event.
fn block(events: &mut Events<'_>) -> Option<Block> {
    let (event, range) = events.next()?;
    match event {
        Event::Start(tag) => start(&tag, range, events),
        Event::Rule => Some(Block::Rule),
        Event::Text(text) | Event::Code(text) => {
            Some(Block::Paragraph(vec![Inline::Text(text.to_string())]))
        }
        _ => None,
    }
}

fn start(tag: &Tag<'_>, range: Range<usize>, events: &mut Events<'_>) -> Option<Block> {
    match tag {
        Tag::Paragraph => Some(Block::Paragraph(inlines(events))),
        Tag::Heading { level, .. } => Some(Block::Heading(*level as u8, inlines(events))),
        Tag::BlockQuote(_) => Some(Block::Quote(until_end(events))),
        Tag::List(first) => {
            let mut items = Vec::new();
            while let Some((event, _)) = events.next() {
                match event {
                    Event::Start(Tag::Item) => items.push(item(events)),
                    Event::End(TagEnd::List(_)) => break,
                    _ => {}
                }
            }
            Some(Block::List(*first, items))
        }
        Tag::CodeBlock(kind) => {
            let info = match kind {
                CodeBlockKind::Fenced(info) => info.trim().to_owned(),
                CodeBlockKind::Indented => String::new(),
            };
            Some(Block::Fence { info, text: text_until_end(events), at: range.start })
        }
        Tag::Table(_) => Some(table(events)),
        Tag::HtmlBlock => html(range, events),
        _ => {
            until_end(events);
            None
        }
    }
}

/// An item of a list: tight items hold bare inlines.
fn item(events: &mut Events<'_>) -> Vec<Block> {
    let mut out = Vec::new();
    loop {
        match events.peek() {
            None => return out,
            Some((Event::End(TagEnd::Item), _)) => {
                events.next();
                return out;
            }
            Some((Event::Start(tag), _)) if !is_inline(tag) => out.extend(block(events)),
            Some(_) => {
                let line = inline_run(events);
                if line.is_empty() {
                    events.next();
                } else {
                    out.push(Block::Paragraph(line));
                }
            }
        }
    }
}

fn until_end(events: &mut Events<'_>) -> Vec<Block> {
    let mut out = Vec::new();
    loop {
        match events.peek() {
            None => return out,
            Some((Event::End(_), _)) => {
                events.next();
                return out;
            }
            Some(_) => out.extend(block(events)),
        }
    }
}

fn text_until_end(events: &mut Events<'_>) -> String {
    let mut text = String::new();
    for (event, _) in events.by_ref() {
        match event {
            Event::Text(t) => text.push_str(&t),
            Event::End(_) => break,
            _ => {}
        }
    }
    text
}

fn table(events: &mut Events<'_>) -> Block {
    let mut head = Vec::new();
    let mut rows = Vec::new();
    let mut row = Vec::new();
    while let Some((event, _)) = events.next() {
        match event {
            Event::Start(Tag::TableCell) => row.push(inlines(events)),
            Event::End(TagEnd::TableHead) => head = std::mem::take(&mut row),
            Event::End(TagEnd::TableRow) => rows.push(std::mem::take(&mut row)),
            Event::End(TagEnd::Table) => break,
            _ => {}
        }
    }
    Block::Table(head, rows)
}

/// `<details …><summary>TEXT</summary>` opens a block that runs to `</details>`; all other HTML
/// is dropped.
fn html(range: Range<usize>, events: &mut Events<'_>) -> Option<Block> {
    let raw = html_text(events);
    if !raw.trim_start().starts_with("<details") {
        return None;
    }
    let summary = raw
        .split_once("<summary>")
        .and_then(|(_, rest)| rest.split_once("</summary>"))
        .map(|(inside, _)| inside.trim().to_owned())
        .unwrap_or_default();
    let mut body = Vec::new();
    while let Some((event, _)) = events.peek() {
        if matches!(event, Event::Start(Tag::HtmlBlock)) {
            let mut ahead = events.clone();
            ahead.next();
            if html_text(&mut ahead).contains("</details>") {
                *events = ahead;
                break;
            }
        }
        body.extend(block(events));
    }
    Some(Block::Details { summary, body, at: range.start })
}

fn html_text(events: &mut Events<'_>) -> String {
    let mut raw = String::new();
    for (event, _) in events.by_ref() {
        match event {
            Event::Html(t) | Event::Text(t) => raw.push_str(&t),
            Event::End(TagEnd::HtmlBlock) => break,
            _ => {}
        }
    }
    raw
}

const fn is_inline(tag: &Tag<'_>) -> bool {
    matches!(
        tag,
        Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. }
    )
}

/// Inlines up to and with the enclosing end.
fn inlines(events: &mut Events<'_>) -> Vec<Inline> {
    let mut out = inline_run(events);
    while let Some((event, _)) = events.next() {
        if matches!(event, Event::End(_)) {
            break;
        }
        out.extend(inline_run(events));
    }
    out
}

/// Inlines up to what is none.
fn inline_run(events: &mut Events<'_>) -> Vec<Inline> {
    let mut out = Vec::new();
    while let Some((event, _)) = events.peek().cloned() {
        match event {
            Event::Text(t) => out.push(Inline::Text(t.to_string())),
            Event::Code(t) => out.push(Inline::Code(t.to_string())),
            Event::SoftBreak => out.push(Inline::Text(" ".into())),
            Event::HardBreak => out.push(Inline::Break),
            Event::InlineHtml(_) => {}
            Event::Start(tag) if is_inline(&tag) => {
                events.next();
                let inner = inlines(events);
                out.push(match tag {
                    Tag::Strong => Inline::Strong(inner),
                    Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                        link(&dest_url, inner)
                    }
                    _ => Inline::Emphasis(inner),
                });
                continue;
            }
            _ => return out,
        }
        events.next();
    }
    out
}

/// Only harmless addresses stay links; images become links.
fn link(url: &str, inner: Vec<Inline>) -> Inline {
    let good = ["https://", "http://", "mailto:", "#"].iter().any(|p| url.starts_with(p));
    if good { Inline::Link(url.to_owned(), inner) } else { Inline::Emphasis(inner) }
}

/// The text of inlines without their marks.
#[must_use]
pub fn plain(inlines: &[Inline]) -> String {
    let mut out = String::new();
    for inline in inlines {
        match inline {
            Inline::Text(t) | Inline::Code(t) => out.push_str(t),
            Inline::Strong(i) | Inline::Emphasis(i) | Inline::Link(_, i) => {
                out.push_str(&plain(i));
            }
            Inline::Break => out.push(' '),
        }
    }
    out
}

/// The text of blocks without their marks, a line a block.
#[must_use]
pub fn plain_blocks(blocks: &[Block]) -> String {
    let mut lines = Vec::new();
    for block in blocks {
        match block {
            Block::Heading(_, i) | Block::Paragraph(i) => lines.push(plain(i)),
            Block::List(_, items) => lines.extend(items.iter().map(|i| plain_blocks(i))),
            Block::Quote(b) | Block::Details { body: b, .. } => lines.push(plain_blocks(b)),
            Block::Fence { text, .. } => lines.push(text.trim_end().to_owned()),
            Block::Table(head, rows) => {
                for row in std::iter::once(head).chain(rows) {
                    lines.push(row.iter().map(|c| plain(c)).collect::<Vec<_>>().join(" "));
                }
            }
            Block::Rule => {}
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_hold_their_blocks_and_html_is_dropped() {
        let (title, sections) = sections(
            "# Título\n\n## Um\n\noi <b>x</b> **forte**\n\n<details markdown><summary>Dica 1\
             </summary>\n\nVeja `ls`.\n\n```console\n$ x\n```\n\n</details>\n\n\
             <script>alert(1)</script>\n\nfim\n",
        );
        assert_eq!(title, "Título");
        assert_eq!(sections.len(), 2);
        let blocks = &sections[1].blocks;
        assert_eq!(blocks.len(), 3, "{blocks:?}");
        let Block::Details { summary, body, .. } = &blocks[1] else { panic!("{blocks:?}") };
        assert_eq!((summary.as_str(), body.len()), ("Dica 1", 2));
        assert_eq!(plain_blocks(&blocks[..1]), "oi x forte");
    }

    #[test]
    fn dangerous_links_are_text() {
        assert_eq!(
            blocks("[x](javascript:alert(1))"),
            [Block::Paragraph(vec![Inline::Emphasis(vec![Inline::Text("x".into())])])]
        );
    }
}
