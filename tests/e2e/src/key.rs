//! Keys that are not letters, as WebDriver numbers them (W3C WebDriver, "Keyboard actions").

/// Held while others are pressed.
pub const SHIFT: char = '\u{E008}';
/// Held while others are pressed.
pub const CONTROL: char = '\u{E009}';
/// Held while others are pressed.
pub const ALT: char = '\u{E00A}';
/// Deletes to the left.
pub const BACKSPACE: char = '\u{E003}';
/// Next control, or completion in a terminal.
pub const TAB: char = '\u{E004}';
/// Ends a line.
pub const ENTER: char = '\u{E007}';
/// Closes what is open.
pub const ESCAPE: char = '\u{E00C}';
/// One page back.
pub const PAGE_UP: char = '\u{E00E}';
/// One page on.
pub const PAGE_DOWN: char = '\u{E00F}';
/// To the end of a line.
pub const END: char = '\u{E010}';
/// To the beginning of a line.
pub const HOME: char = '\u{E011}';
/// Arrow.
pub const LEFT: char = '\u{E012}';
/// Arrow; the line before in a terminal.
pub const UP: char = '\u{E013}';
/// Arrow.
pub const RIGHT: char = '\u{E014}';
/// Arrow; the next line in a terminal.
pub const DOWN: char = '\u{E015}';
/// Deletes to the right.
pub const DELETE: char = '\u{E017}';
