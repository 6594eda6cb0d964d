//! The browser: what only it can do, each in a few plain functions.

pub(crate) mod crash;
pub(crate) mod dom;
pub(crate) mod drop;
pub(crate) mod rest;
pub(crate) mod storage;
