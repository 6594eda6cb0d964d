//! `wc` and `base64`: sums over bytes.

use super::super::Ctx;

pub(super) fn count(now: &mut [u64; 4], bytes: &[u8], partial: &mut Vec<u8>) {
    let [lines, words, chars, size] = now;
    // `partial` is not empty within a word
    for b in bytes {
        *lines += u64::from(*b == b'\n');
        *chars += u64::from(*b & 0xc0 != 0x80);
        if b.is_ascii_whitespace() {
            partial.clear();
        } else if partial.is_empty() {
            partial.push(*b);
            *words += 1;
        }
    }
    *size += bytes.len() as u64;
}

pub(super) fn wc_line(shown: [bool; 4], now: &[u64; 4], name: &str, many: bool) -> String {
    let values: Vec<u64> =
        now.iter().zip(shown).filter(|(_, shown)| *shown).map(|(v, _)| *v).collect();
    let width = if values.len() == 1 && !many {
        1
    } else if name.is_empty() || name == "-" {
        7
    } else {
        values.iter().map(|v| v.to_string().len()).max().unwrap_or(1)
    };
    let numbers: Vec<String> = values.iter().map(|v| format!("{v:>width$}")).collect();
    let gap = if name.is_empty() { "" } else { " " };
    format!("{}{gap}{name}\n", numbers.join(" "))
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(super) fn base64(ctx: &mut Ctx<'_>, decode: bool, bytes: &[u8]) -> i32 {
    if !decode {
        let mut text = String::new();
        for chunk in bytes.chunks(3) {
            let word =
                chunk.iter().fold(0_u32, |w, b| w << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
            for k in 0..4 {
                let six = (word >> (18 - 6 * k) & 63) as usize;
                let c = ALPHABET.get(six).copied().unwrap_or(b'A');
                text.push(if k <= chunk.len() { char::from(c) } else { '=' });
            }
        }
        let plain = ctx.words.iter().any(|w| w == "-w0");
        for line in text.as_bytes().chunks(if plain { usize::MAX } else { 76 }) {
            ctx.out.extend(line);
            if !plain {
                ctx.out.push(b'\n');
            }
        }
        return 0;
    }
    let (mut word, mut bits) = (0_u32, 0);
    for b in bytes.iter().filter(|b| !b.is_ascii_whitespace() && **b != b'=') {
        let Some(six) = ALPHABET.iter().position(|a| a == b) else {
            ctx.complain("base64: invalid input");
            return 1;
        };
        word = word << 6 | u32::try_from(six).unwrap_or(0);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            ctx.out.push(u8::try_from(word >> bits & 255).unwrap_or(0));
        }
    }
    0
}
