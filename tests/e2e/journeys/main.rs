//! The journeys: what only a real browser can show. `cargo xtask test journeys` runs them.

mod first_lesson;
mod page_opens;
