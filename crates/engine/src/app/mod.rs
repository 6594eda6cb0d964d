//! What an image does when it runs.
