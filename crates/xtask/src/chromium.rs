//! How the tests start Chromium.

/// What Chromium needs to run without a screen, also as root and in a container, and without
/// asking its makers' servers for anything.
pub const ARGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
];
