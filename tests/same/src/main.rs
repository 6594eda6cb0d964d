//! Prints the digests of the history as it runs natively.

#![allow(clippy::print_stdout, reason = "its one purpose")]

fn main() {
    print!("{}", same::digests());
}
