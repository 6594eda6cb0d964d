//! Go's `text/tabwriter` with docker's settings: at least 10 wide, three blanks between.

const MIN_WIDTH: usize = 10;
const PADDING: usize = 3;

/// Aligns the tab-separated cells of a text. A cell without a tab behind it ends its line and
/// is not padded; columns are as wide as their widest cell in neighbouring lines.
pub(crate) fn align(text: &str) -> String {
    align_with(text, MIN_WIDTH, PADDING)
}

/// The same with other settings.
pub(crate) fn align_with(text: &str, min_width: usize, padding: usize) -> String {
    let lines: Vec<Vec<&str>> = text.split('\n').map(|line| line.split('\t').collect()).collect();
    let mut widths: Vec<Vec<usize>> = lines.iter().map(|line| vec![0; line.len()]).collect();
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    for column in 0..columns {
        let mut block: Vec<usize> = Vec::new();
        for at in 0..=lines.len() {
            if lines.get(at).is_some_and(|line| line.len() > column + 1) {
                block.push(at);
                continue;
            }
            let width = block
                .iter()
                .filter_map(|k| lines.get(*k)?.get(column))
                .map(|cell| cell.chars().count() + padding)
                .fold(min_width, usize::max);
            for k in block.drain(..) {
                if let Some(slot) = widths.get_mut(k).and_then(|row| row.get_mut(column)) {
                    *slot = width;
                }
            }
        }
    }
    let mut out = Vec::new();
    for (line, widths) in lines.iter().zip(&widths) {
        let mut shown = String::new();
        for (cell, width) in line.iter().zip(widths) {
            shown += cell;
            let fill = width.saturating_sub(cell.chars().count());
            shown.extend(std::iter::repeat_n(' ', fill));
        }
        out.push(shown);
    }
    out.join("\n")
}
