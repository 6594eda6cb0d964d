//! Charter: see ARCHITECTURE.md.
