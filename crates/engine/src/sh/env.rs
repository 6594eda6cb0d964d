//! A shell's variables, directory and status.

use super::syntax::Command;
use serde::{Deserialize, Serialize};
use share::Rc;
use std::collections::BTreeMap;

/// Which shell it is: its name, its error texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A machine's login shell.
    #[default]
    Bash,
    /// busybox's `sh` in containers.
    Ash,
}

/// A variable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Var {
    pub(crate) value: String,
    pub(crate) exported: bool,
    pub(crate) read_only: bool,
}

/// What a subshell copies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Env {
    pub(crate) kind: Kind,
    pub(crate) vars: BTreeMap<String, Var>,
    pub(crate) functions: BTreeMap<String, Rc<Command>>,
    pub(crate) aliases: BTreeMap<String, String>,
    /// `$1 …`
    pub(crate) args: Vec<String>,
    /// `$0`
    pub(crate) name: String,
    pub(crate) cwd: String,
    pub(crate) old_cwd: String,
    /// `$?`
    pub(crate) status: i32,
    /// `$!`
    pub(crate) last_background: Option<u32>,
    /// `$$`
    pub(crate) pid: u32,
    /// What `trap … INT` set.
    pub(crate) trap_int: Option<String>,
    /// `set -e`
    pub(crate) errexit: bool,
    /// `set -x`
    pub(crate) xtrace: bool,
    /// Draws for `$RANDOM`: a counter, so that replays agree.
    pub(crate) random: u64,
    /// Seconds since the lab's start, for `$SECONDS`.
    pub(crate) seconds: u64,
    /// An interactive shell's texts have no line number.
    pub(crate) interactive: bool,
}

impl Env {
    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.vars.get(name).map(|var| var.value.as_str())
    }

    /// Sets a variable; an exported one stays exported.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let var = self.vars.entry(name.to_owned()).or_default();
        if !var.read_only {
            var.value = value.into();
        }
    }

    /// Sets and exports a variable.
    pub fn export(&mut self, name: &str, value: impl Into<String>) {
        self.set(name, value);
        if let Some(var) = self.vars.get_mut(name) {
            var.exported = true;
        }
    }

    /// Exported variables.
    #[must_use]
    pub fn exported(&self) -> BTreeMap<String, String> {
        let exported = self.vars.iter().filter(|(_, var)| var.exported);
        exported.map(|(name, var)| (name.clone(), var.value.clone())).collect()
    }

    /// Sets `$?`.
    pub fn set_status(&mut self, status: i32) {
        self.status = status;
    }

    /// The working directory.
    #[must_use]
    pub fn cwd(&self) -> &str {
        &self.cwd
    }

    /// The home directory.
    #[must_use]
    pub fn home(&self) -> &str {
        self.get("HOME").unwrap_or("/root")
    }

    /// Variables, parameters and specials by name.
    pub(crate) fn param(&self, name: &str) -> Option<String> {
        Some(match name {
            "?" => self.status.to_string(),
            "$" => self.pid.to_string(),
            "!" => self.last_background?.to_string(),
            "#" => self.args.len().to_string(),
            "-" => if self.interactive { "himBHs" } else { "hBc" }.to_owned(),
            "0" => self.name.clone(),
            "@" | "*" => {
                if self.args.is_empty() {
                    return None;
                }
                self.args.join(" ")
            }
            "RANDOM" => {
                // splitmix64: the next draw of a counter kept in the shell
                let mut z = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
                z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                ((z ^ (z >> 31)) & 0x7fff).to_string()
            }
            "SECONDS" => self.seconds.to_string(),
            "PWD" => self.cwd.clone(),
            "OLDPWD" => self.old_cwd.clone(),
            _ => match name.parse::<usize>() {
                Ok(n) => self.args.get(n.checked_sub(1)?)?.clone(),
                Err(_) => self.get(name)?.to_owned(),
            },
        })
    }

    /// `bash: ` or `sh: `, before an error's text.
    pub(crate) fn prefix(&self) -> String {
        match (self.kind, self.interactive) {
            (Kind::Bash, true) => "bash: ".into(),
            (Kind::Bash, false) => "bash: line 1: ".into(),
            (Kind::Ash, _) => "sh: ".into(),
        }
    }
}
